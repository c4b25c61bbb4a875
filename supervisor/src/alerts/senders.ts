import { readFile } from 'node:fs/promises'
import type { SecureContextOptions } from 'node:tls'
import { rootCertificates } from 'node:tls'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import type { Senders } from './channel.ts'
import { createMailer } from './mailer.ts'
import { createSyslog } from './syslog.ts'
import { createWebhook } from './webhook.ts'

/** RFC 5612: the number kept for examples, until an installation gives its own. */
const EXAMPLE_ENTERPRISE = 32_473

/**
 * All ways to reach contacts, by the settings.
 * @throws SupervisorError `unusable-setting` when a certificate or key can't be read
 */
export async function createSenders({
  settings: { centreName, mail, alerts = {} },
  keys,
  clock,
}: Pick<Context, 'settings' | 'keys' | 'clock'>): Promise<Senders> {
  const { tlsRoots, clientCertificate, clientKey } = alerts
  const tls: SecureContextOptions = {
    // ours beside those that everybody trusts: mail gateways and webhooks may stand anywhere
    ...(tlsRoots === undefined ? {} : { ca: [...rootCertificates, await pem(tlsRoots)] }),
    ...(clientCertificate === undefined ? {} : { cert: await pem(clientCertificate) }),
    ...(clientKey === undefined ? {} : { key: await pem(clientKey) }),
  }
  const { enterpriseNumber = EXAMPLE_ENTERPRISE } = alerts
  return {
    email: createMailer(mail, centreName),
    webhook: createWebhook({ centreName, keys, clock, tls }),
    syslog: createSyslog({ centreName, enterpriseNumber, clock, tls }),
  }
}

async function pem(path: string): Promise<string> {
  return readFile(path, 'latin1').catch((cause: unknown) => {
    throw new SupervisorError('unusable-setting', `${path} can't be read`, cause)
  })
}
