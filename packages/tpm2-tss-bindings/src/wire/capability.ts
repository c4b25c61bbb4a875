import { malformed, Reader } from './reader.ts'

const CAP_HANDLES = 1
const CAP_TPM_PROPERTIES = 6

/** The handles of a TPMS_CAPABILITY_DATA. @throws Tpm2Error `malformed` */
export function readHandles(capability: Uint8Array): number[] {
  const reader = opened(capability, CAP_HANDLES)
  return Array.from({ length: reader.u32() }, () => reader.u32())
}

/** The properties (TPM_PT) of a TPMS_CAPABILITY_DATA by their number. @throws Tpm2Error `malformed` */
export function readProperties(capability: Uint8Array): Map<number, number> {
  const reader = opened(capability, CAP_TPM_PROPERTIES)
  return new Map(
    Array.from({ length: reader.u32() }, (): [number, number] => [reader.u32(), reader.u32()]),
  )
}

function opened(capability: Uint8Array, kind: number): Reader {
  const reader = new Reader(capability)
  if (reader.u32() !== kind) throw malformed('it lists another capability')
  return reader
}
