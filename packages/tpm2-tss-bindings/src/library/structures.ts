import { errorOf } from '../response-code.ts'
import { malformed } from '../wire/reader.ts'
import { native, wipe } from './shared-objects.ts'

/** Structures of the TPM that cross to the libraries; the names are those of libtss2-mu's functions. */
export type Structure =
  | 'TPM2B_ATTEST'
  | 'TPM2B_CREATION_DATA'
  | 'TPM2B_DATA'
  | 'TPM2B_DIGEST'
  | 'TPM2B_ENCRYPTED_SECRET'
  | 'TPM2B_ID_OBJECT'
  | 'TPM2B_MAX_NV_BUFFER'
  | 'TPM2B_NAME'
  | 'TPM2B_NV_PUBLIC'
  | 'TPM2B_PRIVATE'
  | 'TPM2B_PUBLIC'
  | 'TPM2B_SENSITIVE'
  | 'TPM2B_SENSITIVE_CREATE'
  | 'TPM2B_SENSITIVE_DATA'
  | 'TPML_DIGEST'
  | 'TPML_DIGEST_VALUES'
  | 'TPML_PCR_SELECTION'
  | 'TPMS_CAPABILITY_DATA'
  | 'TPMS_TIME_INFO'
  | 'TPMT_SIGNATURE'
  | 'TPMT_SIG_SCHEME'
  | 'TPMT_SYM_DEF'
  | 'TPMT_TK_AUTH'
  | 'TPMT_TK_CREATION'
  | 'TPMT_TK_HASHCHECK'
  | 'TPMT_TK_VERIFIED'

/** More than any structure above takes in memory or on the wire: the largest, capability data, is under 2.6 KiB. */
const ROOM = 8192

/**
 * The structure as the C library lays it out, from its wire bytes: this code never needs to know the layout. May hold a secret:
 * the caller wipes it.
 * @throws Tpm2Error `malformed` when bytes are left over, `bad-value` or `malformed` when they don't fit the structure
 */
export function structureOf(structure: Structure, wire: Uint8Array): Buffer {
  const memory = Buffer.alloc(ROOM)
  const offset = new BigUint64Array(1)
  const unmarshal = native('mu', `Tss2_MU_${structure}_Unmarshal`, 'uint32_t', [
    'const uint8_t *',
    'size_t',
    'void *',
    'void *',
  ])
  const status: unknown = unmarshal(wire, wire.length, offset, memory)
  if (status !== 0) {
    memory.fill(0)
    throw errorOf(`Reading a ${structure}`, numberOf(status))
  }
  if (Number(offset[0]) !== wire.length) {
    memory.fill(0)
    throw malformed(`${structure} has bytes after its end`)
  }
  return memory
}

/** The wire bytes of a structure that a library allocated, which is then wiped and freed. */
export function wireOf(structure: Structure, address: bigint): Uint8Array {
  const buffer = Buffer.alloc(ROOM)
  const offset = new BigUint64Array(1)
  const marshal = native('mu', `Tss2_MU_${structure}_Marshal`, 'uint32_t', [
    'const void *',
    'uint8_t *',
    'size_t',
    'void *',
  ])
  try {
    const status: unknown = marshal(address, buffer, buffer.length, offset)
    if (status !== 0) throw errorOf(`Writing a ${structure}`, numberOf(status))
    const length = Number(offset[0])
    // in memory a structure is never shorter than on the wire
    wipe(address, length)
    return Uint8Array.from(buffer.subarray(0, length))
  } finally {
    buffer.fill(0)
    native('esys', 'Esys_Free', 'void', ['void *'])(address)
  }
}

export function numberOf(status: unknown): number {
  if (typeof status !== 'number') throw malformed('a library answered something else than a number')
  return status
}
