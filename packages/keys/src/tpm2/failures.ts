import { Tpm2Error, type Tpm2ErrorCode } from '@probant/tpm2-tss-bindings'
import { KeyError, type KeyErrorCode } from '../errors.ts'

const codes: Readonly<Record<Tpm2ErrorCode, KeyErrorCode>> = {
  'libraries-missing': 'not-available',
  'no-connection': 'unreachable',
  busy: 'unreachable',
  'out-of-memory': 'unreachable',
  'locked-out': 'locked-out',
  'policy-failed': 'wrong-state',
  'authorisation-failed': 'refused',
  'not-of-this-tpm': 'wrong-device',
  'not-trusted': 'wrong-device',
  failed: 'not-available',
  malformed: 'unreadable-key',
  'invalid-signature': 'wrong-state',
  'not-found': 'wrong-device',
  'already-defined': 'not-available',
  'bad-value': 'unreadable-key',
  closed: 'closed',
}

const advice: Partial<Record<KeyErrorCode, string>> = {
  'wrong-device':
    'These keys were made in another TPM, and nothing can be opened or signed with them here. If this machine replaces another, its ' +
    'vaults are recovered by the holders of the recovery key; if the folder was copied, use it where it was made.',
  refused:
    "The TPM's owner hierarchy has a password, which this version can't give: take it away (tpm2_changeauth -c o) while Probant sets up its keys.",
  'locked-out':
    'The TPM is locked after too many wrong passwords: wait, or have its owner reset it (tpm2_dictionarylockout -c).',
}

/** What a failure of the TPM means for keys, in a sentence that says what to do. */
export function keyErrorOf(cause: unknown): unknown {
  if (!(cause instanceof Tpm2Error)) return cause
  const code = codes[cause.code]
  const sentence = advice[code]
  const message = sentence === undefined ? cause.message : `${cause.message} ${sentence}`
  return new KeyError(code, message, { cause })
}
