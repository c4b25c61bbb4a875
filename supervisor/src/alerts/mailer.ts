import { createTransport } from 'nodemailer'
import type { Settings } from '../settings.ts'
import type { Message } from './message.ts'

/** What came of handing one message to the mail relay. */
export interface Handover {
  /** `deferred`: try again later; `failed`: the relay will never take it. */
  outcome: 'delivered' | 'deferred' | 'failed'
  /** Reply code and enhanced code of the relay, or what failed before it replied. Never its text, which may name people. */
  reply: string
}

export interface Mailer {
  /**
   * Hands a message over once. The same `messageId` at every attempt lets the receiving side recognise a message that was
   * accepted although we never learnt it.
   */
  send(to: string, message: Message, messageId: string): Promise<Handover>
  close(): void
}

const TIMEOUT_MS = 30_000

/** A mailer over SMTP; TLS is used whenever the relay offers it. */
export function createMailer(mail: Settings['mail']): Mailer {
  const transport = createTransport({
    host: mail.host,
    port: mail.port,
    secure: mail.secure,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    // relays inside a company often carry certificates of their own authority; the content is public to the relay anyway
    tls: { rejectUnauthorized: mail.secure },
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    async send(to, { subject, text }, messageId) {
      try {
        const { response } = await transport.sendMail({
          from: mail.from,
          to,
          subject,
          text,
          messageId,
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
  if (!(error instanceof Error)) return { outcome: 'deferred', reply: 'unknown' }
  const code: unknown = Reflect.get(error, 'responseCode')
  const response: unknown = Reflect.get(error, 'response')
  if (typeof code !== 'number') {
    const reason: unknown = Reflect.get(error, 'code')
    return { outcome: 'deferred', reply: typeof reason === 'string' ? reason : 'no reply' }
  }
  return {
    outcome: code >= 500 ? 'failed' : 'deferred',
    reply: typeof response === 'string' ? codesOf(response) : String(code),
  }
}

/** `250 2.0.0` of `250 2.0.0 Ok: queued as 4711 for <someone@example.org>`. */
function codesOf(response: string): string {
  return /^\d{3}(?:[ -]\d\.\d{1,3}\.\d{1,3})?/.exec(response)?.[0].replace('-', ' ') ?? 'no code'
}
