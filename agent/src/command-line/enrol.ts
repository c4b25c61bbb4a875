import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { openProvider } from '@probant/keys'
import { Appliance } from '../appliance/appliance.ts'
import { keepEnrolmentNonce } from '../attestation/enrolment-nonce.ts'
import { Platform } from '../attestation/platform.ts'
import { FingerprintEnrolment } from '../enrolment/by-fingerprint.ts'
import { enrol } from '../enrolment/by-tpm.ts'
import type { Enrolled } from '../enrolment/centre-api.ts'
import { AgentError, messageOf } from '../errors.ts'
import type { AgentSettings } from '../settings.ts'
import { SSH_KEY_LABEL, sshPublicKey } from '../ssh/signing-key.ts'

export interface EnrolOptions {
  centre: string
  codeFile: string
  journalKey: string
  certificates: string[]
}

/**
 * `probant agent enrol`: enrols this box by the TPM that its settings name; without one, begins an enrolment by fingerprint.
 * @returns what to pin; undefined where the words of both sides' keys are to be compared first
 * @throws AgentError as `enrol`, as `FingerprintEnrolment.begin`
 */
export async function enrolBox(
  settings: AgentSettings,
  options: EnrolOptions,
): Promise<Enrolled | undefined> {
  const code = (await readFile(options.codeFile, 'utf8')).trim()
  const centre = options.centre.replace(/\/$/, '')
  const { origin, attestation } = settings
  const box = { origin, journalKey: options.journalKey, agentKey: await agentKeyOf(settings) }
  if (attestation === undefined) {
    await fingerprintEnrolment(settings).begin(centre, code, box)
    return undefined
  }
  const intermediates = await Promise.all(options.certificates.map(certificateIn))
  const platform = new Platform(attestation)
  try {
    const { pinned, enrolmentNonce } = await enrol(centre, platform, {
      code,
      ...box,
      intermediates,
    })
    await keepEnrolmentNonce(settings.home, enrolmentNonce)
    return pinned
  } finally {
    await platform.close()
  }
}

/** The enrolment without a TPM that is under way on this box. */
export const fingerprintEnrolment = ({ home, applianceSocket }: AgentSettings) =>
  new FingerprintEnrolment(home, new Appliance(applianceSocket, new AbortController().signal))

async function agentKeyOf({ keys }: AgentSettings): Promise<string> {
  const provider = await openProvider(keys)
  try {
    const key = await provider.find(SSH_KEY_LABEL)
    if (key === undefined)
      throw new AgentError('unusable-key', 'no key agent-ssh: the agent was never initialised here')
    return sshPublicKey(await provider.publicKey(key)).blob.toString('base64')
  } finally {
    await provider.close()
  }
}

async function certificateIn(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(new X509Certificate(await readFile(path)).raw)
  } catch (error) {
    throw new AgentError('unusable-file', `${path}: ${messageOf(error)}`, error)
  }
}
