import { openMailRelay } from '@probant/host/mail-relay'
import type { MailSettings } from '../settings.ts'

/**
 * Hands one message to the client's own relay; TLS is used whenever the relay offers it.
 * @throws Error when the relay took it for nobody, or could not be reached
 */
export async function sendMail(
  { host, port, secure = false, from, to }: MailSettings,
  subject: string,
  text: string,
): Promise<void> {
  const transport = openMailRelay({ host, port, secure })
  try {
    const headers = { 'Auto-Submitted': 'auto-generated' }
    await transport.sendMail({ from, to, subject, text, headers })
  } finally {
    transport.close()
  }
}
