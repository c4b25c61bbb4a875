import { systemRandomness, type Randomness } from '@probant/host'
import { KeyError } from './errors.ts'
import type { KeyProvider } from './provider.ts'
import { openSoftwareProvider } from './software/provider.ts'

/** Which provider holds the keys, from a component's settings. */
export interface KeySettings {
  /** `software`; `pkcs11` and `tpm2` come with a later version. */
  readonly provider: string
  /** Where the software provider keeps its keys. */
  readonly folder?: string
  /** True on a machine that was provisioned as a box. */
  readonly provisionedBox?: boolean
}

/**
 * Opens exactly the provider that the settings name: there is no other to fall back to.
 * @throws KeyError `not-available` naming the provider; those of the provider
 */
export async function openProvider(
  settings: KeySettings,
  randomness: Randomness = systemRandomness,
): Promise<KeyProvider> {
  const { provider, folder, provisionedBox = false } = settings
  switch (provider) {
    case 'software':
      if (folder === undefined) {
        throw new KeyError('not-available', 'The software key provider needs the setting "folder".')
      }
      return openSoftwareProvider({ provider, folder, provisionedBox }, randomness)
    case 'pkcs11':
    case 'tpm2':
      throw new KeyError(
        'not-available',
        `The key provider "${provider}" comes with a later version; this one has "software" only.`,
      )
    default:
      throw new KeyError(
        'not-available',
        `There is no key provider "${provider}"; this version has "software".`,
      )
  }
}
