import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fromBase64, toBase64 } from '@probant/evidence'
import { writeDurably } from '@probant/host'
import { BoxError } from '../errors.ts'

/** Names inside the authority's folder. `root.pem` is what verifiers are given as `tsa.pem` among their anchors. */
export const ROOT_FILE = 'root.pem'
export const TSA_FILE = 'tsa.pem'

/** One certificate as PEM (RFC 7468 section 5). */
export function toPem(der: Uint8Array): string {
  const lines = toBase64(der).replace(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`
}

const pemGrammar = /^-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=\n]+)-----END CERTIFICATE-----\n$/

/** The certificate of a file, or undefined when there is no file. @throws BoxError `bad-settings` when it holds something else */
export async function readCertificate(
  folder: string,
  name: string,
): Promise<Uint8Array | undefined> {
  const path = join(folder, name)
  const text = await readFile(path, 'latin1').catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  const base64 = pemGrammar.exec(text)?.[1]
  if (base64 === undefined) {
    throw new BoxError('bad-settings', 'fatal', `${path} isn't one PEM certificate`)
  }
  return fromBase64(base64.replaceAll('\n', ''))
}

/** Durable when it resolves. Certificates are public: readable by all. */
export async function writeCertificate(
  folder: string,
  name: string,
  der: Uint8Array,
): Promise<void> {
  await writeDurably(join(folder, name), toPem(der), 0o644)
}
