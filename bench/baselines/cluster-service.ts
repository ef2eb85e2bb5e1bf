import cluster from 'node:cluster'
import path from 'node:path'

/*
 * The whole service twice behind one listener (node:cluster). Each worker runs `seam-mirror serve` with port 0, and node:cluster
 * gives all workers the same port.
 */

const WORKERS = 2

cluster.setupPrimary({
  exec: path.join(import.meta.dirname, '../../bin/seam-mirror.js'),
  args: ['serve'],
})
for (let i = 0; i < WORKERS; i++) cluster.fork()
process.on('SIGTERM', () => {
  for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGTERM')
})
cluster.on('exit', () => {
  if (Object.keys(cluster.workers ?? {}).length === 0) process.exit()
})
