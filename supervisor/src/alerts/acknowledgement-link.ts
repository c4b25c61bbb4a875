import { fromBase64, toBase64 } from '@probant/evidence'
import type { Context } from '../context.ts'

const VALID_MS = 30 * 86_400_000
const FORM = /^([0-9a-f-]{36})\.([0-9a-f-]{36})\.([0-9a-f-]{36})\.(\d{1,13})\.([A-Za-z0-9_-]{86})$/

/** What a link in a message lets whoever holds that message do: take charge of one alert, in the name of the contact it was sent to. */
export interface AcknowledgementLink {
  readonly tenantId: string
  readonly alertId: string
  readonly contactId: string
  readonly validUntilMs: number
}

/**
 * The address of a page that acknowledges without signing in. What it needs is in the fragment, which browsers send to nobody: no
 * server and no proxy writes it into a log.
 */
export async function acknowledgementLink(
  { keys, settings, clock }: Context,
  { tenantId, alertId, contactId }: Omit<AcknowledgementLink, 'validUntilMs'>,
): Promise<string> {
  const claim = [tenantId, alertId, contactId, clock.nowMs() + VALID_MS].join('.')
  const signature = toBase64(await keys.signLink(signed(claim)))
  const secret = signature.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
  return `${settings.publicUrl.replace(/\/$/, '')}/acknowledge#${claim}.${secret}`
}

/** Undefined for what this centre did not sign; that it is still valid is for the caller to look at. */
export async function readAcknowledgementLink(
  { keys }: Context,
  text: string,
): Promise<AcknowledgementLink | undefined> {
  const [, tenantId = '', alertId = '', contactId = '', until = '', secret = ''] =
    FORM.exec(text) ?? []
  if (secret === '') return undefined
  const claim = [tenantId, alertId, contactId, until].join('.')
  const signature = fromUrlText(secret)
  if (signature === undefined || !(await keys.isOwnLink(signed(claim), signature))) return undefined
  return { tenantId, alertId, contactId, validUntilMs: Number(until) }
}

/** So that the key can't be made to sign anything else. */
const signed = (claim: string): string => `probant/acknowledgement-link/v1\n${claim}\n`

/** Undefined where the last character holds stray bits: one text for one signature. */
function fromUrlText(text: string): Uint8Array | undefined {
  try {
    return fromBase64(`${text.replaceAll('-', '+').replaceAll('_', '/')}==`)
  } catch {
    return undefined
  }
}
