import { fromBase64, toBase64 } from '@probant/evidence'
import type { Context } from '../context.ts'

const FORM = /^((?:[0-9a-f-]{36}\.){2,3})(\d{1,13})\.([A-Za-z0-9_-]{86})$/

/** What a link in a message lets its holder do, and the page where. */
const PAGES = {
  acknowledgement: 'acknowledge',
  'contact-verification': 'confirm-contact',
  'test-confirmation': 'confirm-test',
} as const

export type LinkPurpose = keyof typeof PAGES

/**
 * The address of a page that does one thing without signing in. What it needs is in the fragment, which browsers send to nobody: no
 * server and no proxy writes it into a log.
 * @param ids identifiers of what it is about, the tenant's first
 */
export async function signedLink(
  { keys, settings }: Context,
  purpose: LinkPurpose,
  ids: readonly string[],
  validUntilMs: number,
): Promise<string> {
  const claim = [...ids, validUntilMs].join('.')
  const signature = toBase64(await keys.signLink(signed(purpose, claim)))
  const secret = signature.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
  return `${settings.publicUrl.replace(/\/$/, '')}/${PAGES[purpose]}#${claim}.${secret}`
}

/** Undefined for what this centre did not sign for this purpose; that it is still valid is for the caller to look at. */
export async function readSignedLink(
  { keys }: Context,
  purpose: LinkPurpose,
  text: string,
): Promise<{ ids: readonly string[]; validUntilMs: number } | undefined> {
  const [, ids = '', until = '', secret = ''] = FORM.exec(text) ?? []
  if (secret === '') return undefined
  const signature = fromUrlText(secret)
  if (signature === undefined) return undefined
  if (!(await keys.isOwnLink(signed(purpose, ids + until), signature))) return undefined
  return { ids: ids.slice(0, -1).split('.'), validUntilMs: Number(until) }
}

/** So that a link serves one purpose, and the key can't be made to sign anything else. */
const signed = (purpose: LinkPurpose, claim: string): string =>
  `probant/${purpose}-link/v1\n${claim}\n`

/** Undefined where the last character holds stray bits: one text for one signature. */
function fromUrlText(text: string): Uint8Array | undefined {
  try {
    return fromBase64(`${text.replaceAll('-', '+').replaceAll('_', '/')}==`)
  } catch {
    return undefined
  }
}
