import express, { type Router } from 'express'
import { sendJson } from './send-json.ts'

/** `GET /`: says what this service is and where it is described, for people who come across it without having read about it. */
export function rootRoute(endpoints: readonly string[]): Router {
  const json = JSON.stringify({
    name: 'seam-mirror',
    what: "A copy of a Seam workspace's events and client sessions, in Seam's own wire format.",
    description:
      "The README of seam-mirror; the endpoints that Seam has as well, in Seam's documentation: https://docs.seam.co/latest/api",
    endpoints,
    ok: true,
  })
  const router = express.Router()
  router.get('/', (_request, response) => sendJson(response, 200, json))
  return router
}
