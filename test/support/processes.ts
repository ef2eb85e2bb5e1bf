import { execFile } from 'node:child_process'
import { readlink } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/**
 * The running processes that have a text in their command line or in the name of the folder that they work in: a data folder's name
 * finds its Postgres (the server itself; its many processes come and go with it).
 */
export async function processesNaming(text: string): Promise<string[]> {
  const { stdout } = await run('ps', ['-eo', 'pid=,args='])
  const lines = stdout.split('\n').filter((line) => line.trim() !== '' && !line.includes(' postgres: '))
  const named = await Promise.all(
    lines.map(
      async (line) => line.includes(text) || (await folderOf(Number.parseInt(line, 10))).includes(text),
    ),
  )
  return lines.filter((_line, i) => named[i])
}

/** Empty for a process that is gone by now. */
async function folderOf(pid: number): Promise<string> {
  if (process.platform === 'linux') return readlink(`/proc/${pid}/cwd`).catch(() => '')
  const { stdout } = await run('lsof', ['-a', '-d', 'cwd', '-Fn', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }))
  return stdout
}
