import { membersAt } from '../domain/json-text.ts'

/** Removes the members of this name from the text of a JSON object (from its opening brace on); the rest stays to the character. */
export function dropMember(json: string, name: string): string {
  const members = membersAt(json, 0)
  if (members.every((member) => member.name !== name)) return json
  // A member's part of the text begins where the part before it ends, so it includes the comma; the first has none.
  const parts = members.flatMap((member, i) => {
    const start = i === 0 ? 1 : (members[i - 1]?.end ?? 1)
    return member.name === name ? [] : [json.slice(start, member.end)]
  })
  const kept = parts.join('')
  const firstIsGone = members[0]?.name === name
  return `{${firstIsGone ? kept.replace(/^\s*,/, '') : kept}${json.slice(members.at(-1)?.end)}`
}
