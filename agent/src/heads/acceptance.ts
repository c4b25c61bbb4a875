import type { EvidenceCrypto, VerifierKey } from '@probant/evidence'
import type { Logger } from '@probant/host'
import type { Appliance } from '../appliance/appliance.ts'
import { AgentError, messageOf } from '../errors.ts'
import type { LocalFindings } from '../findings/findings.ts'
import type { StoredCheckpoint } from '../store/journal.ts'
import { checkCosignatures } from './cosignatures.ts'

export interface AcceptanceParts {
  crypto: EvidenceCrypto
  findings: LocalFindings
  appliance: Appliance
  logger: Logger
}

/** Who signed, by which pinned keys, and what it is called when it gives something else. */
export interface Signer {
  keys: readonly VerifierKey[]
  fault: 'centre-misbehaved' | 'witness-misbehaved'
  /** Makes it durable that this size was cosigned. @param note with the good lines @param times in them, POSIX seconds */
  remember: (size: number, note: string, times: readonly number[]) => Promise<void>
}

/**
 * Checks and remembers what a witness signed, then gives it to the appliance.
 * @returns how many lines are good
 * @throws AgentError with the signer's fault: one bad line by a pinned key, or none that is good
 */
export async function acceptCosignatures(
  { crypto, findings, appliance, logger }: AcceptanceParts,
  { keys, fault, remember }: Signer,
  head: StoredCheckpoint,
  lines: readonly string[],
): Promise<number> {
  const checked = await checkCosignatures(crypto, head.note, lines, keys, fault)
  const [bad] = checked.bad
  if (bad !== undefined) {
    await findings.report({
      kind: 'bad-checkpoint-signature',
      seq: null,
      expected: `a cosignature of size ${head.size} by ${bad.name}`,
      found: `a line of type ${bad.type} that does not verify`,
    })
    throw new AgentError(fault, 'a cosignature by a pinned key does not verify')
  }
  if (checked.good.length === 0)
    throw new AgentError(fault, 'no cosignature by a pinned witness key came back')
  const times = checked.good.flatMap(({ timestamp }) => (timestamp === null ? [] : [timestamp]))
  await remember(head.size, checked.note, times)
  // The next head brings fresh cosignatures: an appliance that is away now loses nothing.
  await appliance.giveCosignatures(checked.note).catch((error: unknown) => {
    logger.warn({ reason: messageOf(error) }, 'the appliance did not take the cosignatures')
  })
  return checked.good.length
}
