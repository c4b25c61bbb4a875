import { formatTime } from '@probant/host'
import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import { factAt, type Fact } from '../findings/fact.ts'
import type { Session } from '../intake/session.ts'
import { insertAttestation } from '../store/attestations.ts'
import type { BoxKey } from '../store/rows.ts'

/** A box that was enrolled by its TPM ships with a quote: one that no longer sends any may run on another machine. */
export function attestationMissing({ platform, origin }: Session, atMs: number): Fact[] {
  if (platform?.state !== 'awaited') return []
  const found = `none with the shipment of ${formatTime(atMs)}`
  const expected = 'a quote with each shipment'
  const fact = factAt(origin.origin, 'attestation-mismatch', null, expected, found)
  return [{ ...fact, key: `${fact.key}|missing` }]
}

export async function noteMissing(client: Client, context: Context, box: BoxKey): Promise<void> {
  await insertAttestation(client, box, {
    attestationId: context.randomness.uuid(),
    atMs: context.clock.nowMs(),
    outcome: 'missing',
    keyName: null,
    counts: null,
    pcrs: null,
    pcrsSha256: null,
    eventLog: null,
    evidence: null,
  })
}
