#!/usr/bin/env node
import module from 'node:module'
import path from 'node:path'

// The sources are TypeScript that Node runs as it is; an older Node would only say "unknown file extension".
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 && !(major === 22 && minor >= 18)) {
  process.stderr.write(
    `seam-mirror needs Node 24; this is ${process.version}. In its folder, \`npm ci\` installs one that npx and npm scripts use.\n`,
  )
  process.exit(1)
}

// Node keeps the JavaScript it made of the sources, and its bytecode, where other tools keep theirs; where that can't be written, it
// goes on without. This file is JavaScript so that from the second start on Node's TypeScript compiler is not even loaded:
// 0.6 s instead of 1.4 s until the service listens, and 25 MB less.
module.enableCompileCache(path.join(import.meta.dirname, '../node_modules/.cache/seam-mirror'))
await import('../src/cli.ts')
