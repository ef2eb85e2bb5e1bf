import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const WRITER = path.join(import.meta.dirname, 'log-writer.ts')

/** The writer with its standard output as the shell is told: `> /dev/full`; or a pipe, for the test to read or not. */
function startWriter(lines: number, shell = '') {
  const command = `${shell.startsWith('>') ? '' : `${shell}; `}exec "$0" "$@" ${shell.startsWith('>') ? shell : ''}`
  const args = ['-c', shell === '' ? 'exec "$0" "$@"' : command, process.execPath, WRITER, String(lines)]
  const child = spawn('/bin/sh', args, { stdio: 'pipe' })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (said += text))
  const saidLines = () =>
    said
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { lost: number; megabytes: number })
  return {
    child,
    /** What it has said when it has said this many things. */
    said: async (count: number) => {
      await expect.poll(() => saidLines().length).toBeGreaterThanOrEqual(count)
      return saidLines()
    },
  }
}

async function temporaryFile(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'seam-mirror-log-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  return path.join(dir, 'log')
}

/** Whole lines of it, those that tell of lost ones apart. */
function read(text: string) {
  const lines = text.split('\n').filter(Boolean)
  const reports = lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  return { lines: lines.filter((line) => /^(?:line \d+ x{200}|said \w+)$/.test(line)), reports }
}

test('F18, I12: a reader that stalls costs a megabyte; the lines past it are dropped, counted, and told of when it reads again', async () => {
  const count = 100_000
  const { child, said } = startWriter(count)
  const [first] = await said(1)
  // 21 MB were written by then, and the pipe and the queue hold little of it.
  expect(first?.lost).toBeGreaterThan(90_000)
  expect(first?.lost).toBeLessThan(count)
  expect(first?.megabytes).toBeLessThan(150)

  let text = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => void (text += part))
  child.stdin.write('again\n')
  await expect.poll(() => text).toMatch(/said again\n$/)
  const { lines, reports } = read(text)
  expect(reports).toEqual([expect.objectContaining({ level: 40, lost: first?.lost })])
  expect(lines.length - 1 + (first?.lost ?? 0)).toBe(count)
  expect((await said(2))[1]?.lost, 'and nothing is lost any more').toBe(first?.lost)
})

test('F3: with nobody reading any more, every line is dropped and counted', async () => {
  const { child, said } = startWriter(1_000)
  child.stdout.destroy()
  child.stdin.write('again\n')
  const [, last] = await said(2)
  expect(last?.lost).toBe(1_001)
})

test('F3: on a full disk every line is dropped and counted', async () => {
  const { child, said } = startWriter(1_000, '> /dev/full')
  child.stdin.write('again\n')
  const [first, last] = await said(2)
  expect([first?.lost, last?.lost]).toEqual([1_000, 1_001])
})

test('F3: at the size limit of a file lines are dropped and counted, also one that is cut; when there is room again, one line tells of them', async () => {
  const file = await temporaryFile()
  const count = 1_000
  // In blocks of 512 bytes.
  const { child, said } = startWriter(count, `ulimit -f 101; exec >> ${file}`)
  const [first] = await said(1)
  const before = read(await readFile(file, 'utf8'))
  expect(before.reports).toEqual([])
  expect(before.lines.length).toBeGreaterThan(100)
  expect(before.lines.length + (first?.lost ?? 0)).toBe(count)

  await truncate(file)
  child.stdin.write('again\n')
  await said(2)
  expect(read(await readFile(file, 'utf8'))).toEqual({
    lines: ['said again'],
    reports: [expect.objectContaining({ level: 40, lost: first?.lost })],
  })
})
