import type { Params } from './params.ts'

/** One request that the API was asked. */
export interface LoggedRequest {
  path: string
  params: Params
  /** The HTTP status that was sent. It is 0 until there is an answer, and stays 0 when there never is one (`resetRate`). */
  status: number
  /** When the request had been read, in Unix milliseconds of the true clock. */
  at: number
}

const newestKept = 10_000

/** Remembers the newest requests, oldest first. */
export class RequestLog {
  #requests: LoggedRequest[] = []

  /** The request may be changed until it is answered. */
  add(request: LoggedRequest): void {
    this.#requests.push(request)
    // The list is cut rarely, because cutting one entry at a time would move the whole list for each request.
    if (this.#requests.length > newestKept * 2) this.#requests = this.#requests.slice(-newestKept)
  }

  newest(): readonly LoggedRequest[] {
    return this.#requests.slice(-newestKept)
  }
}
