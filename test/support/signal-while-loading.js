import { registerHooks } from 'node:module'

// Loaded into a program before its own modules: signals it when the module that TEST_SIGNAL_AT names is about to be loaded.
registerHooks({
  load(url, context, nextLoad) {
    if (url.endsWith(process.env.TEST_SIGNAL_AT)) process.kill(process.pid, process.env.TEST_SIGNAL)
    return nextLoad(url, context)
  },
})
