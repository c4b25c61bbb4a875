import {
  defineNv,
  findNv,
  incrementNv,
  readCounter,
  Tpm2Error,
  type NvIndex,
  type Use,
} from '@probant/tpm2-tss-bindings'
import { KeyError } from '../errors.ts'

/** In the owner's range of NV indices. A counter: whoever removes it and defines it anew can't turn it back. */
const INDEX = 0x01800100

/** More steps at once would wear the TPM's NV, and are a mistake. */
const MOST_STEPS = 100n

/** The counter that holds the lowest version that may still be approved; made when the TPM has none. @throws Tpm2Error */
export async function minimumVersion(use: Use): Promise<{ index: NvIndex; value: bigint }> {
  const found = await findNv(use, INDEX).catch((error: unknown) => {
    if (error instanceof Tpm2Error && error.code === 'not-found') return undefined
    throw error
  })
  if (found === undefined) await defineNv(use, INDEX, 'counter')
  const index = found ?? (await findNv(use, INDEX))
  try {
    return { index, value: await readCounter(use, index) }
  } catch (error) {
    if (!(error instanceof Tpm2Error && error.code === 'not-found')) throw error
    // defined, but never written: its name changes with the first increment
    const value = await incrementNv(use, index)
    return { index: await findNv(use, INDEX), value }
  }
}

/** Raises it: approvals of lower versions open nothing from now on, for ever. @throws Tpm2Error; KeyError `refused` */
export async function raiseMinimumVersion(use: Use, version: bigint): Promise<bigint> {
  const { index, value } = await minimumVersion(use)
  if (version - value > MOST_STEPS) {
    throw new KeyError(
      'refused',
      `The TPM's counter stands at ${value}: ${version} is more than ${MOST_STEPS} steps away.`,
    )
  }
  let reached = value
  while (reached < version) reached = await incrementNv(use, index)
  return reached
}
