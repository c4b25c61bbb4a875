import type { Context } from '../context.ts'
import { readSignedLink, signedLink } from './signed-link.ts'

const VALID_MS = 30 * 86_400_000

/** What a link in a message lets whoever holds that message do: take charge of one alert, in the name of the contact it was sent to. */
export interface AcknowledgementLink {
  readonly tenantId: string
  readonly alertId: string
  readonly contactId: string
  readonly validUntilMs: number
}

export async function acknowledgementLink(
  context: Context,
  { tenantId, alertId, contactId }: Omit<AcknowledgementLink, 'validUntilMs'>,
): Promise<string> {
  const ids = [tenantId, alertId, contactId]
  return signedLink(context, 'acknowledgement', ids, context.clock.nowMs() + VALID_MS)
}

/** Undefined for what this centre did not sign; that it is still valid is for the caller to look at. */
export async function readAcknowledgementLink(
  context: Context,
  text: string,
): Promise<AcknowledgementLink | undefined> {
  const link = await readSignedLink(context, 'acknowledgement', text)
  if (link === undefined) return undefined
  const [tenantId = '', alertId = '', contactId = ''] = link.ids
  return { tenantId, alertId, contactId, validUntilMs: link.validUntilMs }
}
