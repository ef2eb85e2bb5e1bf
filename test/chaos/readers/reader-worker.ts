import { workerData } from 'node:worker_threads'
import { LOOPS, type ReaderTask, SOCKETS } from './kinds.ts'
import { runLoops } from './loops.ts'
import { openSockets } from './sockets.ts'

/** Readers run in this thread, so that they do not slow down the laboratory's own one. It runs until it is terminated. */
const task = workerData as ReaderTask

if (isOf(LOOPS, task.kind)) await runLoops(task.kind, task)
else if (isOf(SOCKETS, task.kind)) openSockets(task.kind, task)

function isOf<Table extends object>(table: Table, kind: PropertyKey): kind is keyof Table {
  return Object.hasOwn(table, kind)
}
