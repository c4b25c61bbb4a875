import { GENERATED, ST_ATTEST_CERTIFY, ST_ATTEST_QUOTE } from './algorithms.ts'
import { readSelections, type PcrSelection } from './pcr-selection.ts'
import { malformed, Reader } from './reader.ts'

/** TPMS_CLOCK_INFO. `clock` can be set forward by the owner; `resetCount` and `restartCount` can't be set. */
export interface ClockInfo {
  /** Milliseconds of power-on time, over resets. */
  readonly clock: bigint
  readonly resetCount: number
  readonly restartCount: number
  /** False when `clock` may have been repeated after a power cut. */
  readonly safe: boolean
}

/** What an attestation key signed (TPMS_ATTEST, part 2, section 10.12.8). */
export interface Attest {
  /** Name of the signing key's parent chain: its qualified name. */
  readonly qualifiedSigner: Uint8Array
  /** The verifier's nonce. */
  readonly extraData: Uint8Array
  readonly clockInfo: ClockInfo
  readonly firmwareVersion: bigint
  readonly attested:
    | {
        readonly kind: 'quote'
        readonly pcrs: readonly PcrSelection[]
        readonly digest: Uint8Array
      }
    | { readonly kind: 'certify'; readonly name: Uint8Array; readonly qualifiedName: Uint8Array }
}

export function readClockInfo(reader: Reader): ClockInfo {
  return {
    clock: reader.u64(),
    resetCount: reader.u32(),
    restartCount: reader.u32(),
    safe: reader.u8() === 1,
  }
}

/** @param statement TPMS_ATTEST as it was signed. @throws Tpm2Error `malformed`, also where the TPM's mark is missing */
export function readAttest(statement: Uint8Array): Attest {
  const reader = new Reader(statement)
  if (reader.u32() !== GENERATED) throw malformed("it doesn't begin with the TPM's mark")
  const type = reader.u16()
  const attest = {
    qualifiedSigner: reader.sized(),
    extraData: reader.sized(),
    clockInfo: readClockInfo(reader),
    firmwareVersion: reader.u64(),
    attested: readAttested(type, reader),
  }
  reader.end()
  return attest
}

function readAttested(type: number, reader: Reader): Attest['attested'] {
  switch (type) {
    case ST_ATTEST_QUOTE:
      return { kind: 'quote', pcrs: readSelections(reader), digest: reader.sized() }
    case ST_ATTEST_CERTIFY:
      return { kind: 'certify', name: reader.sized(), qualifiedName: reader.sized() }
    default:
      throw malformed('it is neither a quote nor a certification')
  }
}
