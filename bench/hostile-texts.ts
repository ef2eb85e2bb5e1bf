import { glob, readFile } from 'node:fs/promises'
import { stripTypeScriptTypes } from 'node:module'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { type AnyNode, parse } from 'acorn'

/*
 * `npm run bench:hostile-texts` runs every regular expression of `src` against texts of 64 KB that are made to hurt it (E2). The lint
 * rule finds the super-linear patterns that it knows; this finds those that take long. It exits 1 when one is over the budget.
 */

const TEXT_LENGTH = 64 * 1024
/** The budget of processor time for one text. A linear pattern takes a few milliseconds, a quadratic one seconds. */
const BUDGET_MS = 100
/** The time limit for all texts of a pattern. A search that takes for ever can only be ended with its thread. */
const GIVE_UP_MS = 120_000

interface Pattern {
  source: string
  flags: string
  place: string
}

interface Slowest {
  ms: number
  text: string
}

/** The regular expressions that are literals in a source, and how many others are put together at run time. */
function patternsIn(file: string, source: string): { patterns: Pattern[]; built: number } {
  const patterns: Pattern[] = []
  let built = 0
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const node = value as AnyNode
    if (node.type === 'Literal' && 'regex' in node && node.regex) {
      const { pattern, flags } = node.regex
      patterns.push({ source: pattern, flags, place: `${file}:${node.loc?.start.line}` })
    }
    if (node.type === 'NewExpression' && node.callee.type === 'Identifier' && node.callee.name === 'RegExp') {
      built += 1
    }
    Object.values(node).forEach(visit)
  }
  visit(parse(stripTypeScriptTypes(source), { ecmaVersion: 'latest', sourceType: 'module', locations: true }))
  return { patterns, built }
}

const OTHERS = '0aA -_.:/,"\\\n\u0000é漢'

/** Characters that occur in the pattern, and some that may not. */
function charactersFor(source: string): string[] {
  const literal = source.replaceAll(/\\[a-zA-Z]|[()[\]{}|?*+^$.]/g, '').replaceAll('\\', '')
  return [...new Set((literal + OTHERS).match(/./gsu))].slice(0, 40)
}

/** 64 KB of one character, or of two in turn, that begin and end with something that does not fit. */
function* hostileTexts(source: string): Generator<string> {
  const characters = charactersFor(source)
  for (const a of characters) {
    for (const b of ['', ...characters]) {
      const body = `${a}${b}`.repeat(TEXT_LENGTH / (b === '' ? 1 : 2))
      for (const [head, tail] of [
        ['', '!'],
        [characters[0] ?? '', '\u0001'],
      ])
        yield `${head}${body}${tail}`
    }
  }
}

function slowestOf({ source, flags }: Pattern): Slowest {
  let slowest: Slowest = { ms: 0, text: '' }
  for (const text of hostileTexts(source)) {
    const pattern = new RegExp(source, flags.replaceAll(/[gy]/g, ''))
    const before = process.threadCpuUsage()
    pattern.test(text)
    // Processor time is measured, so that other work of the machine does not look like a slow pattern.
    const ms = process.threadCpuUsage(before).user / 1000
    if (ms > slowest.ms) slowest = { ms, text: JSON.stringify(text.slice(0, 20)) }
    if (ms > BUDGET_MS) break
  }
  return slowest
}

async function measure(pattern: Pattern): Promise<Slowest> {
  const worker = new Worker(new URL(import.meta.url), { workerData: pattern })
  const { promise, resolve, reject } = Promise.withResolvers<Slowest>()
  const timer = setTimeout(
    () => resolve({ ms: GIVE_UP_MS, text: 'more than the time for all texts' }),
    GIVE_UP_MS,
  )
  worker.once('message', resolve).once('error', reject)
  try {
    return await promise
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}

async function main(): Promise<void> {
  const files = (await Array.fromAsync(glob('src/**/*.ts'))).toSorted()
  const found = await Promise.all(files.map(async (file) => patternsIn(file, await readFile(file, 'utf8'))))
  const patterns = found.flatMap((each) => each.patterns)
  const built = found.reduce((sum, each) => sum + each.built, 0)
  const results: (Slowest & Pattern)[] = []
  for (const pattern of patterns) results.push({ ...pattern, ...(await measure(pattern)) })
  for (const { ms, place, source, text } of results.toSorted((a, b) => b.ms - a.ms).slice(0, 10))
    console.log(`${ms.toFixed(1).padStart(8)} ms  ${place}  /${source}/  ${text}`)
  const over = results.filter(({ ms }) => ms > BUDGET_MS)
  console.log(
    `${results.length} patterns, ${over.length} above ${BUDGET_MS} ms for a text of 64 KB; ${built} more are put together at run time and not looked at.`,
  )
  if (over.length > 0) process.exitCode = 1
}

if (isMainThread) await main()
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
else parentPort?.postMessage(slowestOf(workerData as Pattern))
