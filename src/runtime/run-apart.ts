import { spawn } from 'node:child_process'

export interface ApartOptions {
  cwd: string
  uid?: number
  gid?: number
  /** Kills the program and everything it has started. */
  signal?: AbortSignal | undefined
}

/**
 * Runs a program to its end in a process group of its own, out of reach of Ctrl-C and of supervisors that signal a whole group: a
 * `pg_ctl start` killed half-way leaves a server behind that nobody knows of. When the program fails, it rejects with its output.
 */
export async function runApart(
  program: string,
  args: readonly string[],
  { signal, ...options }: ApartOptions,
): Promise<void> {
  signal?.throwIfAborted()
  const child = spawn(program, args, { ...options, detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    } catch {
      // The program has just ended.
    }
  }
  signal?.addEventListener('abort', kill)
  let printed = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (printed += text))
  try {
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code) => {
        if (code === 0) resolve()
        else reject(new Error(`${program} failed: ${printed.trim()}`))
      })
    })
  } finally {
    signal?.removeEventListener('abort', kill)
  }
}
