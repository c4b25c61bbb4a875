import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { openProvider } from '@probant/keys'
import { enrol, type Enrolled } from '../attestation/enrolment.ts'
import { Platform } from '../attestation/platform.ts'
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
 * `probant agent enrol`: enrols this box, by the TPM that its settings name.
 * @throws AgentError `not-enrolled` where they name none; as `enrol`
 */
export async function enrolBox(settings: AgentSettings, options: EnrolOptions): Promise<Enrolled> {
  if (settings.attestation === undefined)
    throw new AgentError('not-enrolled', 'settings: attestation names no TPM')
  const code = (await readFile(options.codeFile, 'utf8')).trim()
  const intermediates = await Promise.all(options.certificates.map(certificateIn))
  const platform = new Platform(settings.attestation)
  try {
    return await enrol(options.centre.replace(/\/$/, ''), platform, {
      code,
      origin: settings.origin,
      journalKey: options.journalKey,
      agentKey: await agentKeyOf(settings),
      intermediates,
    })
  } finally {
    await platform.close()
  }
}

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
