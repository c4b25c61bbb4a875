import { openMailRelay } from '@probant/host/mail-relay'
import type { Settings } from '../settings.ts'
import { unreached, type Handover, type Sender } from './channel.ts'

/**
 * Mail over SMTP; TLS is used whenever the relay offers it. A message has the same Message-ID at every attempt, so that the receiving
 * side recognises one that was accepted although we never learnt it.
 */
export function createMailer(
  mail: Settings['mail'],
  centreName: string,
  timeoutMs?: number,
): Sender {
  const transport = openMailRelay(mail, timeoutMs)
  return {
    async send(to, { id, subject, text }) {
      try {
        const { response } = await transport.sendMail({
          from: mail.from,
          to,
          subject,
          text,
          messageId: `<${id}@${centreName.replaceAll('/', '.')}>`,
          headers: { 'Auto-Submitted': 'auto-generated' },
        })
        return { outcome: 'delivered', reply: codesOf(response) }
      } catch (error) {
        return refusal(error)
      }
    },
    close: () => transport.close(),
  }
}

function refusal(error: unknown): Handover {
  if (!(error instanceof Error)) return unreached(error)
  const code: unknown = Reflect.get(error, 'responseCode')
  const response: unknown = Reflect.get(error, 'response')
  if (typeof code !== 'number') return unreached(error)
  return {
    outcome: code >= 500 ? 'failed' : 'deferred',
    reply: typeof response === 'string' ? codesOf(response) : String(code),
  }
}

/** `250 2.0.0` of `250 2.0.0 Ok: queued as 4711 for <someone@example.org>`. */
function codesOf(response: string): string {
  return /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/.exec(response)?.[0].replace('-', ' ') ?? 'no code'
}
