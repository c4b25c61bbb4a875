import { Tpm2Error, type Tpm2ErrorCode } from './errors.ts'

type Meaning = readonly [name: string, code: Tpm2ErrorCode, sentence: string]

/** Format 1: about one handle, session or parameter (part 2, section 6.6.3); the low six bits. */
const formatOne: Readonly<Record<number, Meaning>> = {
  0x01: ['ASYMMETRIC', 'bad-value', 'the asymmetric algorithm is not supported'],
  0x02: ['ATTRIBUTES', 'bad-value', 'attributes contradict each other'],
  0x03: ['HASH', 'bad-value', 'the hash algorithm is not supported here'],
  0x04: ['VALUE', 'bad-value', 'a value is out of range or does not fit'],
  0x05: ['HIERARCHY', 'bad-value', 'the hierarchy is disabled or not the right one'],
  0x07: ['KEY_SIZE', 'bad-value', 'the key size is not supported'],
  0x08: ['MGF', 'bad-value', 'the mask generation function is not supported'],
  0x09: ['MODE', 'bad-value', 'the mode of operation is not supported'],
  0x0a: ['TYPE', 'bad-value', 'the object is of another type'],
  0x0b: ['HANDLE', 'not-found', 'there is nothing under the handle, or not of that kind'],
  0x0c: ['KDF', 'bad-value', 'the key derivation is not supported'],
  0x0d: ['RANGE', 'bad-value', 'a value is out of the allowed range'],
  0x0e: ['AUTH_FAIL', 'authorisation-failed', 'the authorisation value is wrong, and was counted'],
  0x0f: ['NONCE', 'bad-value', 'a nonce is wrong'],
  0x10: ['PP', 'authorisation-failed', 'physical presence is asked for'],
  0x12: ['SCHEME', 'bad-value', 'the scheme is not supported or does not fit the key'],
  0x15: ['SIZE', 'bad-value', 'a structure has the wrong size'],
  0x16: ['SYMMETRIC', 'bad-value', 'the symmetric algorithm is not supported'],
  0x17: ['TAG', 'bad-value', 'a structure has the wrong tag'],
  0x18: ['SELECTOR', 'bad-value', 'a union has the wrong selector'],
  0x1a: ['INSUFFICIENT', 'bad-value', 'a structure ends too early'],
  0x1b: ['SIGNATURE', 'invalid-signature', 'the signature is not valid'],
  0x1c: ['KEY', 'bad-value', 'the key does not fit the use'],
  0x1d: ['POLICY_FAIL', 'policy-failed', 'the policy is not fulfilled'],
  0x1f: ['INTEGRITY', 'not-of-this-tpm', 'the blob was made by another TPM or altered'],
  0x20: ['TICKET', 'not-of-this-tpm', 'the ticket was made by another TPM or altered'],
  0x21: ['RESERVED_BITS', 'bad-value', 'reserved bits are set'],
  0x22: ['BAD_AUTH', 'authorisation-failed', 'the authorisation value is wrong'],
  0x23: ['EXPIRED', 'policy-failed', 'the policy has expired'],
  0x24: ['POLICY_CC', 'policy-failed', 'the policy is for another command'],
  0x25: ['BINDING', 'not-of-this-tpm', 'public and private part do not belong together'],
  0x26: ['CURVE', 'bad-value', 'the curve is not supported'],
  0x27: ['ECC_POINT', 'bad-value', 'the point is not on the curve'],
}

/** Format 0: about the command as a whole; the low seven bits. */
const formatZero: Readonly<Record<number, Meaning>> = {
  0x00: ['INITIALIZE', 'failed', 'the TPM was not started (TPM2_Startup)'],
  0x01: ['FAILURE', 'failed', 'the TPM is in failure mode'],
  0x03: ['SEQUENCE', 'bad-value', 'the sequence is wrong'],
  0x20: ['DISABLED', 'failed', 'the command is disabled'],
  0x21: ['EXCLUSIVE', 'busy', 'another audit session is exclusive'],
  0x24: ['AUTH_TYPE', 'bad-value', 'this kind of authorisation is not allowed here'],
  0x25: ['AUTH_MISSING', 'bad-value', 'an authorisation is missing'],
  0x26: ['POLICY', 'policy-failed', 'the policy comparison does not hold'],
  0x27: ['PCR', 'policy-failed', 'the PCR values are others'],
  0x28: ['PCR_CHANGED', 'policy-failed', 'the PCRs changed while the policy was carried out'],
  0x2d: ['UPGRADE', 'busy', 'the TPM is being upgraded'],
  0x2e: ['TOO_MANY_CONTEXTS', 'out-of-memory', 'the context counter is at its end'],
  0x2f: ['AUTH_UNAVAILABLE', 'authorisation-failed', 'the object gives no such authorisation'],
  0x30: ['REBOOT', 'failed', 'the TPM asks for a reboot'],
  0x42: ['COMMAND_SIZE', 'failed', 'the command has the wrong size'],
  0x43: ['COMMAND_CODE', 'failed', 'this TPM does not know the command'],
  0x44: ['AUTHSIZE', 'failed', 'the authorisation area has the wrong size'],
  0x45: ['AUTH_CONTEXT', 'bad-value', 'the command takes no sessions'],
  0x46: ['NV_RANGE', 'bad-value', 'the range is beyond the NV index'],
  0x47: ['NV_SIZE', 'bad-value', 'the NV index would be too large'],
  0x48: ['NV_LOCKED', 'failed', 'the NV index is locked'],
  0x49: ['NV_AUTHORIZATION', 'authorisation-failed', 'the NV index refuses this access'],
  0x4a: ['NV_UNINITIALIZED', 'not-found', 'the NV index was never written'],
  0x4b: ['NV_SPACE', 'out-of-memory', 'there is no room in NV'],
  0x4c: ['NV_DEFINED', 'already-defined', 'the NV index or persistent handle exists already'],
  0x50: ['BAD_CONTEXT', 'not-of-this-tpm', 'the saved context is not valid'],
  0x51: ['CPHASH', 'policy-failed', 'the policy is for other parameters'],
  0x52: ['PARENT', 'bad-value', 'the parent is not a storage key'],
  0x53: ['NEEDS_TEST', 'busy', 'a self-test is needed first'],
  0x54: ['NO_RESULT', 'failed', 'the TPM could not compute a result'],
  0x55: ['SENSITIVE', 'not-of-this-tpm', 'the private part does not decrypt here'],
}

/** Format 0 with the warning bit. */
const warnings: Readonly<Record<number, Meaning>> = {
  0x01: ['CONTEXT_GAP', 'out-of-memory', 'an old session blocks new ones'],
  0x02: ['OBJECT_MEMORY', 'out-of-memory', 'all slots for objects are taken'],
  0x03: ['SESSION_MEMORY', 'out-of-memory', 'all slots for sessions are taken'],
  0x04: ['MEMORY', 'out-of-memory', 'it has no memory left'],
  0x05: ['SESSION_HANDLES', 'out-of-memory', 'all session handles are taken'],
  0x06: ['OBJECT_HANDLES', 'out-of-memory', 'all object handles are taken'],
  0x07: ['LOCALITY', 'failed', 'the locality is wrong'],
  0x08: ['YIELDED', 'busy', 'it interrupted the command'],
  0x09: ['CANCELED', 'busy', 'the command was cancelled'],
  0x0a: ['TESTING', 'busy', 'it is testing itself'],
  0x20: ['NV_RATE', 'busy', 'it slows down writing to spare its NV'],
  0x21: ['LOCKOUT', 'locked-out', 'too many wrong authorisations: it is locked for a while'],
  0x22: ['RETRY', 'busy', 'it could not start the command'],
  0x23: ['NV_UNAVAILABLE', 'busy', 'its NV cannot be written now'],
}

/** TSS2_BASE_RC of the layers above the TPM (TSS 2.0 Overview, section 7). */
const base: Readonly<Record<number, Meaning>> = {
  1: ['GENERAL_FAILURE', 'failed', 'an unnamed failure'],
  2: ['NOT_IMPLEMENTED', 'failed', 'it is not implemented'],
  5: ['BAD_REFERENCE', 'bad-value', 'a pointer is missing'],
  6: ['INSUFFICIENT_BUFFER', 'bad-value', 'a buffer is too small, or a structure ends too early'],
  7: ['BAD_SEQUENCE', 'failed', 'functions were called in the wrong order'],
  8: ['NO_CONNECTION', 'no-connection', 'there is no connection to the TPM'],
  9: ['TRY_AGAIN', 'busy', 'the answer is not there yet'],
  10: ['IO_ERROR', 'no-connection', 'the TPM cannot be reached, or the connection broke'],
  11: ['BAD_VALUE', 'bad-value', 'a parameter has a bad value'],
  12: ['NOT_PERMITTED', 'failed', 'the operation is not permitted'],
  16: ['BAD_SIZE', 'bad-value', 'a parameter has the wrong size'],
  17: ['MALFORMED_RESPONSE', 'no-connection', 'what came back is not the answer of a TPM'],
  19: ['INSUFFICIENT_RESPONSE', 'no-connection', 'the answer of the TPM ends too early'],
  21: ['NOT_SUPPORTED', 'failed', 'it is not supported'],
  23: ['MEMORY', 'out-of-memory', 'the machine has no memory left'],
  24: ['BAD_TR', 'closed', 'the handle is not, or no longer, valid'],
  27: ['RSP_AUTH_FAILED', 'not-trusted', 'the answer was altered on its way from the TPM'],
}

const layers: Readonly<Record<number, string>> = {
  0: 'tpm',
  6: 'fapi',
  7: 'esapi',
  8: 'sapi',
  9: 'mu',
  10: 'tcti',
  11: 'resource manager',
  12: 'tpm (through the resource manager)',
}

/** The error that a TSS2_RC other than 0 means: layer and code in one sentence. */
export function errorOf(command: string, responseCode: number): Tpm2Error {
  const number = (responseCode >>> 16) & 0xff
  const layer = layers[number] ?? `layer ${number}`
  const code = responseCode & 0xffff
  const isTpm = number === 0 || number === 12
  const { meaning, where } = isTpm ? tpmMeaning(code) : { meaning: base[code], where: '' }
  const [name, kind, sentence] = meaning ?? unknown(code)
  const message = `${command} failed: ${sentence}${where} (${layer}: ${name}, 0x${responseCode.toString(16)}).`
  return new Tpm2Error(kind, message, { details: { responseCode, layer, name, command } })
}

function tpmMeaning(code: number): { meaning: Meaning | undefined; where: string } {
  if ((code & 0x80) !== 0) return { meaning: formatOne[code & 0x3f], where: subject(code) }
  const table = (code & 0x800) === 0 ? formatZero : warnings
  return { meaning: (code & 0x100) === 0 ? undefined : table[code & 0x7f], where: '' }
}

/** Which handle, session or parameter a format 1 code is about (part 2, section 6.6.2). */
function subject(code: number): string {
  const number = (code >> 8) & 0xf
  if ((code & 0x40) !== 0) return `, parameter ${number}`
  if (number === 0) return ''
  return number >= 8 ? `, session ${number - 8}` : `, handle ${number}`
}

function unknown(code: number): Meaning {
  return [`0x${code.toString(16)}`, 'failed', 'for a reason that this package has no name for']
}
