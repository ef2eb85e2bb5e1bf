import { expect, test } from 'vitest'
import { countWarnings } from '../../src/observability/count-warnings.ts'
import { createLogger } from '../../src/observability/create-logger.ts'

test('B9, I12: the first warning of a kind is logged at once, those of the same minute are counted', () => {
  const lines: { reason: string; id?: string; more?: number }[] = []
  let endMinute = (): void => {}
  const logger = createLogger('warn', {
    write: (line) => void lines.push(JSON.parse(line) as (typeof lines)[0]),
  })
  const warnings = countWarnings(logger, 'it is bad', (_ms, work) => {
    endMinute = work
    return () => void (endMinute = () => {})
  })
  for (let i = 0; i < 1000; i++) warnings.warn('not_json', { id: `${i}` })
  warnings.warn('not_utf8', { id: 'x' })
  const said = () => lines.splice(0).map(({ reason, id, more }) => [reason, id ?? more])
  expect(said()).toEqual([
    ['not_json', '0'],
    ['not_utf8', 'x'],
  ])
  endMinute()
  expect(said()).toEqual([['not_json', 999]])
  // A kind that continues is counted further. One that was quiet for a minute is logged at once again.
  warnings.warn('not_json', { id: 'a' })
  warnings.warn('not_utf8', { id: 'b' })
  expect(said()).toEqual([['not_utf8', 'b']])
  warnings.stop()
  expect(said()).toEqual([['not_json', 1]])
})
