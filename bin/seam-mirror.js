#!/usr/bin/env node
// The sources are TypeScript that Node runs as it is; an older Node would only say "unknown file extension".
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 24 && !(major === 22 && minor >= 18)) {
  process.stderr.write(
    `seam-mirror needs Node 24; this is ${process.version}. In its folder, \`npm ci\` installs one that npx and npm scripts use.\n`,
  )
  process.exit(1)
}
await import('../src/cli.ts')
