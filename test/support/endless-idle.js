// Loaded into a program before its own modules: the ten seconds after which pg drops an idle connection become an hour, so that a
// program that leaves one open does not end.
const PG_IDLE_MS = 10_000
const { setTimeout } = globalThis
globalThis.setTimeout = (...args) => {
  if (args[1] === PG_IDLE_MS) args[1] = 3_600_000
  return Reflect.apply(setTimeout, undefined, args)
}
