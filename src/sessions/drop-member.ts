import { membersAt } from '../domain/json-text.ts'

/** Removes the members of this name from the text of a JSON object, which begins at its opening brace. No other character changes. */
export function dropMember(json: string, name: string): string {
  const members = membersAt(json, 0)
  if (members.every((member) => member.name !== name)) return json
  // Each member's part of the text begins where the part before it ends. So it includes the comma, which the first member does not have.
  const parts = members.flatMap((member, i) => {
    const start = i === 0 ? 1 : (members[i - 1]?.end ?? 1)
    return member.name === name ? [] : [json.slice(start, member.end)]
  })
  const kept = parts.join('')
  const firstIsGone = members[0]?.name === name
  return `{${firstIsGone ? kept.replace(/^\s*,/, '') : kept}${json.slice(members.at(-1)?.end)}`
}
