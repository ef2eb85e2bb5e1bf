import { spawn } from 'node:child_process'

export interface DetachedOptions {
  cwd: string
  uid?: number
  gid?: number
  /** Kills the program and everything it has started. */
  signal?: AbortSignal | undefined
}

/**
 * Runs a program to its end in its own process group. So neither Ctrl-C nor a supervisor that signals a whole group can interrupt it: a
 * `pg_ctl start` that is killed half-way leaves an unknown server behind. Rejects with the program's output when the program fails.
 */
export async function runDetached(
  program: string,
  args: readonly string[],
  { signal, ...options }: DetachedOptions,
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
