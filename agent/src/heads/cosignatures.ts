import {
  formatNote,
  parseNote,
  verifyCosignatures,
  type CosignatureFinding,
  type EvidenceCrypto,
  type VerifierKey,
} from '@probant/evidence'
import { AgentError, messageOf, type AgentErrorCode } from '../errors.ts'

/** Signature lines from a witness, sorted by what they are worth. */
export interface CheckedCosignatures {
  /** The checkpoint with the good lines added. */
  note: string
  good: CosignatureFinding[]
  /** Lines that claim a pinned key and don't verify: one of them spoils the whole answer. */
  bad: CosignatureFinding[]
}

/**
 * Checks cosignature lines against the pinned witness keys. Lines of other keys are left out.
 * @throws AgentError with the given code when they are no signature lines
 */
export async function checkCosignatures(
  crypto: EvidenceCrypto,
  checkpointNote: string,
  lines: readonly string[],
  witnessKeys: readonly VerifierKey[],
  fault: AgentErrorCode,
): Promise<CheckedCosignatures> {
  const checkpoint = parseNote(checkpointNote)
  const known = checkpoint.signatures.map(({ line }) => line)
  const good: CosignatureFinding[] = []
  const bad: CosignatureFinding[] = []
  const kept: string[] = []
  for (const line of lines) {
    const answers = await verifyCosignatures(
      crypto,
      cosigned(checkpoint.text, line, fault),
      witnessKeys,
    )
    good.push(...answers.filter(({ answer }) => answer === 'valid'))
    bad.push(...answers.filter(({ answer }) => answer === 'invalid'))
    if (answers.some(({ answer }) => answer === 'valid')) kept.push(line)
  }
  return { note: formatNote(checkpoint.text, [...known, ...kept]), good, bad }
}

function cosigned(text: string, line: string, fault: AgentErrorCode) {
  try {
    return parseNote(formatNote(text, [line]))
  } catch (error) {
    throw new AgentError(fault, `a cosignature line: ${messageOf(error)}`, error)
  }
}
