import type { BundleEntry } from '@probant/evidence'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { openssl, type CertificationAuthority } from './certification-authority.ts'
import { anchors, bundle, deposit, start, verify, type Setting } from './setting.ts'

/** Writes files for openssl to a folder, which is made. @returns what writes one, and tells where it is */
export function filesIn(folder: string): (name: string, content: string | Uint8Array) => string {
  mkdirSync(folder, { recursive: true })
  return (name, content) => {
    const path = join(folder, name)
    writeFileSync(path, content)
    return path
  }
}

export interface SealedDeposit {
  readonly id: unknown
  readonly entries: readonly BundleEntry[]
  /** The bytes of an entry. */
  readonly of: (entry: string) => Uint8Array
  /** What openssl says of the seal over these bytes. */
  readonly cms: (content: Uint8Array, ...more: string[]) => ReturnType<typeof openssl>
}

/** A deposit now is sealed: the verifier says so, and openssl of the very bytes. */
export async function sealedDeposit(
  t: Test,
  setting: Setting,
  { rootPem }: CertificationAuthority,
  folder: string,
): Promise<SealedDeposit> {
  const file = filesIn(folder)
  const { status, body } = await deposit(setting)
  t.match({ status, body }, { status: 201, body: { seal: { subject: /CN=Cachet de la mairie/ } } })
  const entries = await bundle(setting, body['id'])
  const report = await verify(entries, anchors(setting, rootPem))
  t.same(report.verdict, { status: 'valid' })
  t.match(report.facts?.seals, [{ status: 'valid', subject: /Cachet de la mairie/ }])
  const of = (entry: string) => Buffer.from(entries.find(({ name }) => name === entry)?.bytes ?? [])
  const root = file('root.pem', rootPem)
  const seal = file('seal.der', of('blocks/seal-signature'))
  const cms = (content: Uint8Array, ...more: string[]) =>
    openssl(
      ...['cms', '-verify', '-cades', '-binary', '-inform', 'DER', '-CAfile', root, '-in', seal],
      ...['-content', file('content', content), '-out', join(folder, 'out'), ...more],
      ...['-attime', String(Math.floor(start / 1000))],
    )
  const whole = cms(of('signed-bytes.bin'))
  t.ok(whole.ok, whole.text)
  const flipped = of('signed-bytes.bin')
  flipped.writeUInt8(flipped.readUInt8(7) ^ 1, 7)
  t.notOk(cms(flipped).ok, 'one bit')
  return { id: body['id'], entries, of, cms }
}
