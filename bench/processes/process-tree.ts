import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

/** The unit of /proc/<pid>/stat. Linux counts CPU time in hundredths of a second everywhere that Node runs. */
const TICKS_PER_SECOND = 100

interface Stat {
  pid: number
  parent: number
  /** User and system time of the process and of the children that it has waited for. */
  ticks: number
}

/** CPU seconds (user and system) of a process and all its descendants since they started. Null where there is no /proc. */
export function cpuSeconds(pid: number): number | null {
  const processes = tree(pid)
  if (processes.length === 0) return null
  return processes.reduce((sum, { ticks }) => sum + ticks, 0) / TICKS_PER_SECOND
}

/** The highest resident memory that any process of the tree has had, in MB. Without /proc, the memory that it has now. */
export function peakRssMb(pid: number): number | null {
  const processes = tree(pid)
  if (processes.length === 0) return currentRssMb(pid)
  return Math.max(...processes.map((each) => highWaterMarkMb(each.pid)))
}

function tree(pid: number): Stat[] {
  const all = readAll()
  const found = all.filter((each) => each.pid === pid)
  for (const parent of found) found.push(...all.filter((each) => each.parent === parent.pid))
  return found
}

function readAll(): Stat[] {
  let names: string[] = []
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  } catch {
    // There is no /proc: this is not Linux.
  }
  return names.flatMap((name) => readStat(name) ?? [])
}

function readStat(name: string): Stat | null {
  try {
    const text = readFileSync(`/proc/${name}/stat`, 'latin1')
    // The second field is the program's name in brackets. The name may hold any character.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
    return { pid: Number(name), parent: Number(fields[1]), ticks }
  } catch {
    // The process has ended meanwhile.
    return null
  }
}

function highWaterMarkMb(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1')
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

function currentRssMb(pid: number): number | null {
  try {
    return Number(execFileSync('ps', ['-o', 'rss=', '-p', `${pid}`], { encoding: 'latin1' })) / 1024
  } catch {
    return null
  }
}
