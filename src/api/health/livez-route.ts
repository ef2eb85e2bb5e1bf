import express, { type Router } from 'express'
import { sendJson } from '../../http/send-json.ts'

/** `/livez`: says that the process answers, whatever else is wrong. */
export function livezRoute(): Router {
  const router = express.Router()
  router.get('/livez', (_request, response) => sendJson(response, 200, '{"ok":true}'))
  return router
}
