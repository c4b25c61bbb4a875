import {
  memorySource,
  parseTrace,
  parsePem,
  verifyBundle,
  type Anchors,
  type BundleEntry,
  type BundleReport,
} from '@probant/evidence'
import { ManualClock } from '@probant/host'
import { nodeCrypto } from '@probant/keys'
import type { Test } from 'tap'
import { fromBufferPromise } from 'yauzl'
import { anchorsOf } from '../kill/proving.ts'
import { createWorld, form, staff, type World } from '../world.ts'
import type { ApplianceSettings } from '../../src/settings.ts'
import { CertificationAuthority, hasOpenssl, type Issue } from './certification-authority.ts'

export const DAY_MS = 86_400_000
/** After whatever the box's initialisation wrote by the machine's own clock. */
export const start = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000
export const skip = hasOpenssl ? false : 'the openssl command is not installed'

/** A box whose clock is driven, a vault in it, and who uses them. */
export interface Setting {
  readonly world: World
  readonly clock: ManualClock
  readonly vault: string
  readonly token: string
  readonly admin: string
}

export async function box(t: Test, settings: Partial<ApplianceSettings> = {}): Promise<Setting> {
  const world = await createWorld(settings)
  t.teardown(() => world.close())
  const { vault, token: early, userId } = await staff(world)
  const admin = world.identity.adminToken
  const clock = new ManualClock({ nowMs: start })
  await world.restart({ clock })
  const json = { user: userId, label: 'long', expiresInDays: 3650 }
  const made = await world.call('POST', '/tokens', { token: admin, json })
  const { token = early } = (await made.json()) as { token?: string }
  return { world, clock, vault, token, admin }
}

/** An authority of its own for a test file, in a folder; undefined without openssl. */
export function authorityIn(
  folder: string,
  name: string,
  key?: readonly string[],
): CertificationAuthority | undefined {
  return skip === false ? new CertificationAuthority(folder, name, start, key) : undefined
}

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

export async function ask(
  { world, admin }: Setting,
  method: string,
  path: string,
  json?: unknown,
  token = admin,
): Promise<Answer> {
  const answer = await world.call(method, path, {
    token,
    headers: { 'accept-language': 'en' },
    ...(json === undefined ? {} : { json }),
  })
  const text = await answer.text()
  return {
    status: answer.status,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  }
}

export const subject = {
  commonName: 'Cachet de la mairie',
  organization: 'Commune de Lyon-sur-Essai',
  organizationIdentifier: 'NTRFR-210000000',
  country: 'FR',
}

export async function request(setting: Setting, keyType?: string): Promise<string> {
  const asked = { subject, ...(keyType === undefined ? {} : { keyType }) }
  const { body } = await ask(setting, 'POST', '/seal-certificates/requests', asked)
  return String(body['request'])
}

/** What most certificates here are issued for. */
export const YEAR = { startMs: start - DAY_MS, endMs: start + 365 * DAY_MS }

export const bring = (setting: Setting, certificates: string, root: string) =>
  ask(setting, 'POST', '/seal-certificates', { certificates, root })

/** Has a key that the box requested for, by itself or by `csr`, certified and imports what was issued. */
export async function certified(
  setting: Setting,
  authority: CertificationAuthority,
  issue: Issue = YEAR,
  csr?: string,
): Promise<Answer> {
  const certificate = authority.issue(csr ?? (await request(setting)), issue)
  return bring(setting, certificate + authority.issuingPem, authority.rootPem)
}

export async function deposit(
  { world, vault, token }: Setting,
  content = 'un acte',
): Promise<Answer> {
  const answer = await world.call('POST', `/vaults/${vault}/objects`, {
    token,
    body: form(content),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

export async function bundle(
  { world, vault, token }: Setting,
  id: unknown,
): Promise<BundleEntry[]> {
  const answer = await world.call('GET', `/vaults/${vault}/objects/${String(id)}/proof`, { token })
  const zip = await fromBufferPromise(Buffer.from(await answer.arrayBuffer()))
  const entries: BundleEntry[] = []
  for await (const entry of zip.eachEntry()) {
    const chunks: Buffer[] = []
    for await (const chunk of await zip.openReadStreamPromise(entry))
      chunks.push(Buffer.from(chunk as Uint8Array))
    entries.push({ name: entry.fileName, bytes: Buffer.concat(chunks) })
  }
  return entries
}

export function anchors({ world }: Setting, rootPem?: string): Anchors {
  const own = anchorsOf(world)
  return rootPem === undefined ? own : { ...own, sealRoots: parsePem(rootPem, 'CERTIFICATE') }
}

export const verify = (entries: readonly BundleEntry[], trusted: Anchors): Promise<BundleReport> =>
  verifyBundle(nodeCrypto, memorySource(entries), trusted)

export async function acts({ world }: Setting, prefix = 'seal-certificate'): Promise<string[]> {
  const { rows } = await world.box.database.query<{ bytes: Buffer }>(
    `SELECT bytes FROM journal.traces WHERE act LIKE $1 ORDER BY seq`,
    [`${prefix}%`],
  )
  return rows.map(({ bytes }) => {
    const { act, outcome, data } = parseTrace(bytes)
    const { days } = data
    return [
      act.replace('seal-certificate-', ''),
      outcome,
      ...(typeof days === 'number' ? [days] : []),
    ].join(' ')
  })
}

/** The journal's acts once there are so many: what a woken task does takes a moment. */
export async function actsOnce(setting: Setting, count: number): Promise<string[]> {
  for (let tries = 0; tries < 1000; tries += 1) {
    const found = await acts(setting)
    if (found.length >= count) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return acts(setting)
}
