import { spawn } from 'node:child_process'

export interface ApartOptions {
  cwd: string
  uid?: number
  gid?: number
  /** Kills it with all it has started. */
  signal?: AbortSignal | undefined
}

/**
 * Runs a program in a process group of its own, to its end: Ctrl-C, and supervisors that signal a whole group, must not reach it. A
 * `pg_ctl start` that is killed half-way leaves a server behind that nobody knows of. Rejects with what it printed when it fails.
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
      // It has just ended.
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
