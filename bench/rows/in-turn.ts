/** Runs all tasks in their order, several times over, so that other work of the machine disturbs all of them alike. */
export async function inTurn<Name extends string, T>(
  rounds: number,
  contenders: Readonly<Record<Name, () => Promise<T>>>,
): Promise<Record<Name, T[]>> {
  const names = Object.keys(contenders) as Name[]
  const results = Object.fromEntries(names.map((name) => [name, [] as T[]])) as Record<Name, T[]>
  for (let round = 0; round < rounds; round++) {
    for (const name of names) results[name].push(await contenders[name]())
  }
  return results
}
