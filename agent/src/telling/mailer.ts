import { createTransport } from 'nodemailer'
import type { MailSettings } from '../settings.ts'

const TIMEOUT_MS = 30_000

/**
 * Hands one message to the client's own relay; TLS is used whenever the relay offers it.
 * @throws Error when the relay took it for nobody, or could not be reached
 */
export async function sendMail(
  { host, port, secure = false, from, to }: MailSettings,
  subject: string,
  text: string,
): Promise<void> {
  const transport = createTransport({
    host,
    port,
    secure,
    connectionTimeout: TIMEOUT_MS,
    greetingTimeout: TIMEOUT_MS,
    socketTimeout: TIMEOUT_MS,
    // relays inside a company often carry certificates of their own authority
    tls: { rejectUnauthorized: secure },
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  try {
    const headers = { 'Auto-Submitted': 'auto-generated' }
    await transport.sendMail({ from, to, subject, text, headers })
  } finally {
    transport.close()
  }
}
