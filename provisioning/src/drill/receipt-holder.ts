import {
  equalBytes,
  fromBase64,
  leafHash,
  parseTlogProof,
  parseTrace,
  parseVkey,
  utf8,
  verifyInclusion,
} from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { homePaths } from '../installation/layout.ts'
import type { Observation } from './observation.ts'
import type { DepositAnswer, Specimen } from './specimen.ts'

/**
 * What somebody can show who kept the answer to a deposit: the box signed a head over this very trace, and its journal holds another one
 * there now, or none. Nobody else knows, as long as no witness saw the head.
 */
export async function heldAgainstBox(
  specimen: Specimen,
  { receipt }: DepositAnswer,
): Promise<Observation[]> {
  const bytes = fromBase64(receipt.trace)
  const { seq } = parseTrace(bytes)
  if (!(await isSignedByBox(specimen, receipt))) return []
  const now = await specimen.root(async (client) => {
    const { rows } = await client.query<{ bytes: Buffer }>(
      `SELECT bytes FROM journal.traces
       WHERE seq = $1 AND seq < (SELECT max(size) FROM journal.checkpoints)`,
      [seq],
    )
    return rows[0]?.bytes
  })
  if (now !== undefined && equalBytes(now, bytes)) return []
  return [
    {
      kind: 'receipt-contradicted',
      by: 'holder',
      seq,
      expected: 'the trace of the deposit, under a head that the box signed',
      found: now === undefined ? 'none' : 'another trace, under another signed head',
    },
  ]
}

async function isSignedByBox(
  specimen: Specimen,
  receipt: DepositAnswer['receipt'],
): Promise<boolean> {
  const { index, path, note, checkpoint } = parseTlogProof(receipt.proof)
  const leaf = leafHash(nodeCrypto, fromBase64(receipt.trace))
  const [index_, size] = [BigInt(index), BigInt(checkpoint.size)]
  if (!verifyInclusion(nodeCrypto, index_, size, leaf, path, checkpoint.root)) return false
  const file = join(homePaths(specimen.home).anchors, 'journal.vkeys')
  for (const line of (await readFile(file, 'utf8')).trim().split('\n')) {
    const key = parseVkey(line, nodeCrypto)
    const own = note.signatures.find(({ keyId }) => equalBytes(keyId, key.keyId))
    if (own === undefined || key.type !== 2) continue
    const verdict = await nodeCrypto.verify(
      'ecdsa-p256-sha256',
      key.publicKey,
      utf8(note.text),
      own.blob,
    )
    return verdict === 'valid'
  }
  return false
}
