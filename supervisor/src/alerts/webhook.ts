import { utf8 } from '@probant/evidence'
import { formatTime, type Clock } from '@probant/host'
import { request } from 'node:https'
import type { SecureContextOptions } from 'node:tls'
import type { CentreKeys } from '../signing/centre-keys.ts'
import { unreached, type Handover, type Outgoing, type Sender } from './channel.ts'

const TIMEOUT_MS = 30_000
/** Most bytes of an answer that are read: a challenge fits many times. */
const ANSWER_BYTES = 4096

/** What a webhook is made of. */
export interface WebhookOptions {
  centreName: string
  keys: Pick<CentreKeys, 'signMessage'>
  clock: Clock
  tls: SecureContextOptions
}

/**
 * Posts JSON to an https address, signed as Standard Webhooks says (`v1a`, Ed25519) over identifier, time and body: receivers check
 * it with the centre's published key and refuse what is old. No redirect is followed. Private addresses are allowed, since
 * receivers stand in the same house; what they answer reaches nobody but for its code.
 */
export function createWebhook({ centreName, keys, clock, tls }: WebhookOptions): Sender {
  return {
    async send(address, message) {
      const nowMs = clock.nowMs()
      const body = bodyOf(centreName, formatTime(nowMs), message)
      const seconds = String(Math.floor(nowMs / 1000))
      const signature = await keys.signMessage(`${message.id}.${seconds}.${body}`)
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'Probant',
        'webhook-id': message.id,
        'webhook-timestamp': seconds,
        'webhook-signature': `v1a,${Buffer.from(signature).toString('base64')}`,
      }
      try {
        const { status, text } = await post(address, headers, body, tls)
        const { challenge } = message
        const isAnswered = challenge !== undefined && repeats(text, challenge)
        return { ...judged(status), ...(isAnswered ? { isAnswered } : {}) }
      } catch (error) {
        return unreached(error)
      }
    },
    close: () => undefined,
  }
}

function bodyOf(centre: string, time: string, message: Outgoing): string {
  const { id, type, severity, occasion, subject, text, data, challenge } = message
  return JSON.stringify({
    ...{ format: 1, type, id, centre, time, severity, occasion },
    ...(challenge === undefined ? {} : { challenge }),
    ...data,
    ...{ subject, text },
  })
}

/** Busy and failing servers are tried again; whoever redirects or refuses has to be looked at. */
function judged(status: number): Handover {
  const reply = `HTTP ${status}`
  if (status >= 200 && status < 300) return { outcome: 'delivered', reply }
  const isPassing = status >= 500 || status === 408 || status === 425 || status === 429
  return { outcome: isPassing ? 'deferred' : 'failed', reply }
}

function repeats(text: string, challenge: string): boolean {
  try {
    const answer: unknown = JSON.parse(text)
    return (
      typeof answer === 'object' &&
      answer !== null &&
      'challenge' in answer &&
      answer.challenge === challenge
    )
  } catch {
    return false
  }
}

function post(
  address: string,
  headers: Record<string, string>,
  body: string,
  tls: SecureContextOptions,
): Promise<{ status: number; text: string }> {
  const bytes = utf8(body)
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  return new Promise((resolve, reject) => {
    const asked = request(
      address,
      {
        ...{ method: 'POST', agent: false, signal, minVersion: 'TLSv1.2', ...tls },
        headers: { ...headers, 'content-length': bytes.length },
      },
      (answer) => {
        const parts: Buffer[] = []
        let size = 0
        const settle = () => {
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() })
          asked.destroy()
        }
        answer.on('data', (part: Buffer) => {
          size += part.length
          if (size > ANSWER_BYTES) settle()
          else parts.push(part)
        })
        answer.on('end', settle)
        answer.on('error', reject)
      },
    )
    asked.on('error', reject)
    asked.end(bytes)
  })
}
