import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { putBackSecrets } from '../../../src/domain/event-secrets.ts'
import { dropMember } from '../../../src/sessions/drop-member.ts'
import { putInToken, takeOutToken } from '../../../src/secrets/session-token.ts'

describe('the token in the text of a session', () => {
  test.each([
    ['{ "a":1.50,  "token" : "seam_cst1" }', '{ "a":1.50,  "token" : "****" }'],
    ['{"token":"seam_cst1x_abc","url":"https://x/?t=seam_cst1x_abc"}', '{"token":"****","url":"****"}'],
    ['{"token":"first_one_1","token":"second_one"}', '{"token":"****","token":"****"}'],
    [
      String.raw`{"t\u006fken":"seam\u005fcst1x_abc","again":["seam_cst1x_abc"]}`,
      String.raw`{"t\u006fken":"****","again":"****"}`,
    ],
    ['{"token":null,"x":"token"}', '{"token":null,"x":"token"}'],
    ['{"token":{"new":"form"}}', '{"token":"****"}'],
    ['{"nested":{"token":"kept: not a session\'s"}}', '{"nested":{"token":"kept: not a session\'s"}}'],
    ['{}', '{}'],
  ])('I9: in %s a mask takes its place', (json, expected) => {
    const taken = takeOutToken(json)
    expect(taken.json).toBe(expected)
    expect(putBackSecrets({ json: taken.json, secrets: taken.taken })).toBe(json)
  })

  test('I7: what was taken out goes back to exactly the same text', () => {
    const token = fc.stringMatching(/^seam_cst[a-z0-9"\\é]{8,20}$/)
    const holds = fc.property(
      token,
      fc.dictionary(fc.string(), fc.jsonValue()),
      fc.constantFrom('', ' ', '\n\t'),
      (text, rest, space) => {
        const json = JSON.stringify({ ...rest, link: `x${text}`, token: text, last: [text] }, null, space)
        const { json: masked, taken, token: found } = takeOutToken(json)
        const back = putBackSecrets({ json: masked, secrets: taken })
        return found === text && back === json && !masked.includes(JSON.stringify(text).slice(1, -1))
      },
    )
    expect(fc.check(holds, { numRuns: 500 })).toMatchObject({ failed: false })
  })

  test("a session's own token goes into its place, quotes and all", () => {
    expect(putInToken('{"a":"****","token" : "****","b":1}', 'x"y')).toBe(
      String.raw`{"a":"****","token" : "x\"y","b":1}`,
    )
    expect(putInToken('{"a":1}', 'x')).toBe('{"a":1}')
  })
})

test('I7: a dropped member leaves every other character', () => {
  const name = fc.constantFrom('a', 'b', 'key', 'c')
  const member = fc.tuple(name, fc.jsonValue(), fc.constantFrom('', ' ', '\n  '))
  const holds = fc.property(fc.array(member, { maxLength: 6 }), (members) => {
    const textOf = (list: typeof members) =>
      `{${list.map(([key, value, space]) => `${space}${JSON.stringify(key)}:${space}${JSON.stringify(value)}`).join(',')} }`
    const dropped = dropMember(textOf(members), 'key')
    // A space before the first member that stays belongs to that member.
    return (
      dropped === textOf(members.filter(([key]) => key !== 'key')) ||
      members.length === 0 ||
      !members.some(([key]) => key !== 'key')
    )
  })
  expect(fc.check(holds, { numRuns: 500 })).toMatchObject({ failed: false })
  expect(dropMember('{ "key" : 1 }', 'key')).toBe('{ }')
})
