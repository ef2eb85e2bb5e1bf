import { writeFile } from 'node:fs/promises'
import os from 'node:os'
import { stopOnSignal } from '../src/runtime/stop-on-signal.ts'
import { openBench } from './bench.ts'
import { parseOptions } from './options.ts'
import { type Figure, isReached, ratioOf } from './results/figure.ts'
import { memoryFigure } from './results/memory-figure.ts'
import { printTable } from './results/print-table.ts'
import { ROWS } from './rows.ts'

/*
 * `npm run bench` measures every figure beside its baseline in the same run. It is no test: the machine's speed changes by itself, so
 * only ratios of medians over alternating runs count.
 */

const startedAt = performance.now()
const seconds = () => Math.round((performance.now() - startedAt) / 1000)
const options = parseOptions(process.argv.slice(2))
const rows = ROWS.filter(({ name }) => options.only?.includes(name) ?? true)
if (rows.length === 0) {
  throw new Error(`No such row. There are: ${ROWS.map(({ name }) => name).join(', ')}.`)
}
const bench = await openBench(options)
stopOnSignal(() => {
  process.exitCode = 130
  return bench.releasers.release()
})

const figures: Figure[] = []
try {
  for (const { name, run } of rows) {
    console.error(`${seconds()} s: ${name}`)
    figures.push(...(await run(bench)))
  }
} finally {
  await bench.releasers.release()
}
figures.push(...memoryFigure(figures))
console.log(`\n${printTable(figures)}`)
console.log(`\n${os.availableParallelism()} cores, Node ${process.version}, ${seconds()} s in all.`)
await writeFile(
  options.jsonFile,
  `${JSON.stringify(
    {
      at: new Date().toISOString(),
      isQuick: options.isQuick,
      node: process.version,
      cores: os.availableParallelism(),
      cpu: os.cpus()[0]?.model,
      seconds: seconds(),
      figures: figures.map((figure) => ({
        ...figure,
        ratio: ratioOf(figure),
        isReached: isReached(figure),
      })),
    },
    null,
    2,
  )}\n`,
)
console.log(`Written to ${options.jsonFile}.`)
