import { createPrivateKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { readSettings } from '@probant/host'
import {
  approve,
  formatApproval,
  formatState,
  KeyError,
  parseState,
  tpm2RaiseVersion,
  tpm2State,
} from '@probant/keys'
import { ApplianceSettings } from '../settings.ts'

/** Which TPM: the one that the box's settings name, or, before there are any, `tcti`. */
export interface TpmPlace {
  readonly settings: string
  readonly tcti?: string
}

/**
 * Prints the state of this machine as its TPM tells it, for the holder of the policy key.
 * @param options.pcrs indices of PCRs, separated by commas
 * @throws KeyError
 */
export async function printState(options: TpmPlace & { pcrs: string }): Promise<void> {
  const indices = options.pcrs.split(',').map(Number)
  const rising = [...new Set(indices)].sort((a, b) => a - b)
  if (!rising.every((index) => Number.isInteger(index) && index >= 0 && index < 24)) {
    throw new KeyError('wrong-size', '--pcrs takes numbers from 0 to 23, separated by commas')
  }
  const state = await tpm2State(await tctiOf(options), rising)
  process.stdout.write(formatState(state))
}

/**
 * Approves a state: needs neither TPM nor settings, so that it can run where the policy key is kept.
 * @param options.key file of the policy key's private half, PEM
 * @throws KeyError
 */
export async function approveState(
  file: string,
  options: { key: string; version: string },
): Promise<void> {
  const state = parseState(await readFile(file))
  const version = wholeNumber(options.version)
  if (version < state.counter) {
    throw new KeyError(
      'refused',
      `The TPM asks for version ${state.counter} at least: an approval of version ${version} would open nothing.`,
    )
  }
  const key = createPrivateKey(await readFile(options.key))
  process.stdout.write(formatApproval(approve(state, version, key)))
}

/** Makes approvals of lower versions void for ever. @throws KeyError */
export async function raiseVersion(version: string, place: TpmPlace): Promise<void> {
  const reached = await tpm2RaiseVersion(await tctiOf(place), wholeNumber(version))
  process.stdout.write(`The TPM accepts approvals of version ${reached} and above.\n`)
}

async function tctiOf({ tcti, settings }: TpmPlace): Promise<string> {
  if (tcti !== undefined) return tcti
  const { keys } = await readSettings(ApplianceSettings, settings)
  if (keys.provider === 'tpm2' && keys.tcti !== undefined) return keys.tcti
  throw new KeyError('not-available', `The keys of this box are in ${keys.provider}, not in a TPM.`)
}

function wholeNumber(text: string): bigint {
  if (/^[0-9]{1,18}$/.test(text)) return BigInt(text)
  throw new KeyError('wrong-size', 'a version is a whole number')
}
