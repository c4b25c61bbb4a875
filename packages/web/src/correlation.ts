import type { Randomness } from '@probant/host'
import type { IncomingMessage } from 'node:http'

// Narrow enough that a caller can't write anything of its own into our logs.
const acceptable = /^[A-Za-z0-9-]{8,64}$/

/** Keeps the caller's `x-request-id` where it is harmless, so that one id follows a call through several services. */
export function correlationIds(randomness: Randomness): {
  genReqId: (request: IncomingMessage) => string
} {
  return {
    genReqId: (request) => {
      const given = request.headers['x-request-id']
      return typeof given === 'string' && acceptable.test(given) ? given : randomness.uuid()
    },
  }
}
