import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  approve,
  formatApproval,
  tpm2PolicyFolder,
  tpm2State,
  type MachineState,
} from '@probant/keys'
import type { SoftwareTpm } from '../../../tpm2-tss-bindings/test/swtpm.ts'

/** A policy key whose public part lies in the key folder, and who signs with it. */
export interface Policy {
  readonly folder: string
  readonly approve: (state: MachineState, version: bigint, name: string) => Promise<void>
  readonly key: KeyObject
}

export async function providePolicy(keyFolder: string): Promise<Policy> {
  const folder = tpm2PolicyFolder(keyFolder)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await mkdir(keyFolder, { recursive: true, mode: 0o700 })
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  await writeFile(join(folder, 'key.pem'), publicKey.export({ type: 'spki', format: 'pem' }))
  return {
    folder,
    key: privateKey,
    approve: (state, version, name) =>
      writeFile(join(folder, `${name}.json`), formatApproval(approve(state, version, privateKey))),
  }
}

/** The PCRs that tests approve; 16 may be extended and starts at zero with each power-on. */
export function stateOf(software: SoftwareTpm): Promise<MachineState> {
  return tpm2State(software.tcti, [7, 16])
}
