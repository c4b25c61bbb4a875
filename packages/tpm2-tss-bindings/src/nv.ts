import { permanent, type Handle, type Use } from './use.ts'
import { ALG_SHA256 } from './wire/algorithms.ts'
import { Reader } from './wire/reader.ts'
import { EMPTY, joined, sized, u16, u32, u64 } from './wire/writer.ts'

/** TPMA_NV (part 2, section 13.4): read and written with the index's or the owner's authorisation, not counted against dictionary attacks. */
const OWNER_WRITE = 1 << 1
const AUTH_WRITE = 1 << 2
const OWNER_READ = 1 << 17
const AUTH_READ = 1 << 18
const NO_DICTIONARY_ATTACK = 1 << 25
const COMMON = OWNER_WRITE | AUTH_WRITE | OWNER_READ | AUTH_READ | NO_DICTIONARY_ATTACK
const COUNTER = 1 << 4

/** What is defined under an NV index. */
export interface NvIndex extends Handle {
  /** 0x01000000 … 0x01ffffff. */
  readonly tpmHandle: number
  readonly attributes: number
  readonly sizeBytes: number
  /** Its Name, which a policy names it by; changes when it is first written. */
  readonly name: Uint8Array
}

/** What an NV index is for. */
export type NvKind = 'counter' | 'data'

/**
 * Defines an index in the owner's hierarchy (TPM2_NV_DefineSpace). A counter's first increment gives a value above that of every
 * counter that this TPM ever had, so that removing and defining again can't turn one back.
 * @param sizeBytes of `data`; a counter has 8
 * @throws Tpm2Error `already-defined`, `out-of-memory`
 */
export async function defineNv(
  use: Use,
  tpmHandle: number,
  kind: NvKind,
  sizeBytes = 8,
): Promise<void> {
  const attributes = COMMON | (kind === 'counter' ? COUNTER : 0)
  const size = kind === 'counter' ? 8 : sizeBytes
  const area = joined(u32(tpmHandle), u16(ALG_SHA256), u32(attributes), EMPTY, u16(size))
  const answer = await use.send('NV_DefineSpace', [permanent.owner], [EMPTY, sized(area)])
  use.forgottenAtEnd({ esys: answer.number(0) })
}

/** @throws Tpm2Error `not-found` */
export async function findNv(use: Use, tpmHandle: number): Promise<NvIndex> {
  const handle = await use.existing(tpmHandle)
  const answer = await use.send('NV_ReadPublic', [handle], [])
  const reader = new Reader(answer.content(0))
  reader.take(6)
  const attributes = reader.u32()
  reader.sized()
  return {
    ...handle,
    tpmHandle,
    attributes,
    sizeBytes: reader.u16(),
    name: answer.content(1),
  }
}

/** Removes an index of the owner's hierarchy. @throws Tpm2Error */
export async function removeNv(use: Use, index: NvIndex): Promise<void> {
  await use.send('NV_UndefineSpace', [permanent.owner, index], [])
  use.forgotten(index)
}

/** What one command may carry at least on every TPM. */
const AT_ONCE = 512

/** The whole content. @param by who authorises: the index itself by default. @throws Tpm2Error `not-found` when never written */
export async function readNv(use: Use, index: NvIndex, by: Handle = index): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for (let offset = 0; offset < index.sizeBytes; offset += AT_ONCE) {
    const size = Math.min(AT_ONCE, index.sizeBytes - offset)
    parts.push((await use.send('NV_Read', [by, index], [size, offset])).content(0))
  }
  return joined(...parts)
}

/** Writes from offset 0. @throws Tpm2Error `bad-value` beyond its size */
export async function writeNv(use: Use, index: NvIndex, data: Uint8Array): Promise<void> {
  for (let offset = 0; offset < data.length; offset += AT_ONCE) {
    const part = data.subarray(offset, offset + AT_ONCE)
    await use.send('NV_Write', [index, index], [sized(part), offset])
  }
}

/** Adds one to a counter and returns its value. @throws Tpm2Error `busy` where the TPM spares its NV */
export async function incrementNv(use: Use, index: NvIndex): Promise<bigint> {
  await use.send('NV_Increment', [index, index], [])
  return readCounter(use, index)
}

/** @throws Tpm2Error `not-found` before the first increment */
export async function readCounter(use: Use, index: NvIndex): Promise<bigint> {
  return new Reader(await readNv(use, index)).u64()
}

/** A counter's value as PolicyNV compares it. */
export function counterOperand(value: bigint): Uint8Array {
  return u64(value)
}
