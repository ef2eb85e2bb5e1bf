import { launch } from './launch.js'

await launch('../src/cli/demo.ts', { stays: true })
