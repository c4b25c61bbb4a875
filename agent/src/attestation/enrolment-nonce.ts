import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeDurably } from '@probant/host'

const FILE = 'enrolment-nonce'

/** Keeps the nonce of the first quote that goes by file; that of an earlier enrolment counts no more. */
export async function keepEnrolmentNonce(home: string, nonce: string): Promise<void> {
  await mkdir(home, { recursive: true, mode: 0o700 })
  await writeDurably(join(home, FILE), nonce, 0o600)
}

/** 64 hex digits; undefined where this box was not enrolled by a TPM. */
export async function readEnrolmentNonce(home: string): Promise<string | undefined> {
  const text = await readFile(join(home, FILE), 'utf8').catch(() => '')
  return /^[0-9a-f]{64}$/.test(text) ? text : undefined
}
