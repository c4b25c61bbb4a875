import { createTransport } from 'nodemailer'

/** Where mail is handed over. */
export interface MailRelay {
  readonly host: string
  readonly port: number
  /** TLS from the first byte, with a certificate that verifies; else TLS wherever the relay offers it. */
  readonly secure: boolean
}

/** A connection to a mail relay, made when the first message is sent; nothing of it waits longer than `timeoutMs`. */
export function openMailRelay({ host, port, secure }: MailRelay, timeoutMs = 30_000) {
  return createTransport({
    host,
    port,
    secure,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // relays inside a company often carry certificates of their own authority; the content is public to the relay anyway
    tls: { rejectUnauthorized: secure },
    disableFileAccess: true,
    disableUrlAccess: true,
  })
}
