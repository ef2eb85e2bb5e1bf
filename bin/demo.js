import { launch } from './launch.js'

await launch('../src/demo.ts', { stays: true })
