import type { OpenRoute } from '../../http/route.ts'

/** `/livez`: says that the process answers, whatever else is wrong. */
export const livezRoute: OpenRoute = {
  kind: 'open',
  path: '/livez',
  methods: ['GET'],
  summary: 'the process answers',
  answer: () => ({ text: '{"ok":true}' }),
}
