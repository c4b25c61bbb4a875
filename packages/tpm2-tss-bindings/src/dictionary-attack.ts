import { permanent, type Use } from './use.ts'
import { readProperties } from './wire/capability.ts'

const CAP_TPM_PROPERTIES = 6
const PERMANENT = 0x200
const LOCKOUT_COUNTER = 0x20e
const MAX_AUTH_FAIL = 0x20f
const LOCKOUT_INTERVAL = 0x210
const LOCKOUT_RECOVERY = 0x211
const IN_LOCKOUT = 1 << 9

/** How the TPM protects itself against guessing (part 1, section 19.8). */
export interface DictionaryAttackStatus {
  readonly inLockout: boolean
  readonly failures: number
  readonly maxFailures: number
  /** Seconds after which one failure is forgotten. */
  readonly intervalSeconds: number
  /** Seconds that a wrong authorisation of the lockout hierarchy locks that one. */
  readonly recoverySeconds: number
}

/** @throws Tpm2Error */
export async function dictionaryAttackStatus(use: Use): Promise<DictionaryAttackStatus> {
  const answer = await use.send('GetCapability', [], [CAP_TPM_PROPERTIES, PERMANENT, 32])
  const properties = readProperties(answer.bytes(1))
  const value = (property: number) => properties.get(property) ?? 0
  return {
    inLockout: (value(PERMANENT) & IN_LOCKOUT) !== 0,
    failures: value(LOCKOUT_COUNTER),
    maxFailures: value(MAX_AUTH_FAIL),
    intervalSeconds: value(LOCKOUT_INTERVAL),
    recoverySeconds: value(LOCKOUT_RECOVERY),
  }
}

/** Ends a lockout and forgets the failures; needs the lockout hierarchy's authorisation. @throws Tpm2Error */
export async function resetDictionaryAttack(use: Use): Promise<void> {
  await use.send('DictionaryAttackLockReset', [permanent.lockout], [])
}
