import { join } from 'node:path'
import { readPcrs, Tpm } from '@probant/tpm2-tss-bindings'
import type { MachineState } from './approval.ts'
import { keyErrorOf } from './failures.ts'
import { minimumVersion, raiseMinimumVersion } from './minimum-version.ts'

/**
 * The machine's state now, for the holder of the policy key to judge. Makes the TPM's counter of versions when there is none.
 * @param indices of the PCRs that an approval shall hold to, rising
 * @throws KeyError
 */
export function tpm2State(tcti: string, indices: readonly number[]): Promise<MachineState> {
  return used(tcti, async (tpm) =>
    tpm.use(async (use) => {
      const { index, value } = await minimumVersion(use)
      const values = await readPcrs(use, { bank: 'sha256', indices })
      const pcrs = new Map(
        indices.map((pcr, at): [number, Uint8Array] => [pcr, values[at] ?? new Uint8Array()]),
      )
      return { pcrs, counterName: index.name, counter: value }
    }),
  )
}

/** Makes approvals of lower versions void for ever. @returns where the counter stands. @throws KeyError */
export function tpm2RaiseVersion(tcti: string, version: bigint): Promise<bigint> {
  return used(tcti, (tpm) => tpm.use((use) => raiseMinimumVersion(use, version)))
}

/** Where the tpm2 provider of a folder looks for the policy key and its approvals. */
export function tpm2PolicyFolder(folder: string): string {
  return join(folder, 'policy')
}

async function used<T>(tcti: string, work: (tpm: Tpm) => Promise<T>): Promise<T> {
  const tpm = new Tpm({ tcti })
  try {
    return await work(tpm)
  } catch (error) {
    throw keyErrorOf(error)
  } finally {
    await tpm.close()
  }
}
