import { systemRandomness, type Randomness } from '@probant/host'
import { KeyError } from './errors.ts'
import { openPkcs11Provider } from './pkcs11/provider.ts'
import type { KeyProvider } from './provider.ts'
import type { KeySettings } from './settings.ts'
import { openSoftwareProvider } from './software/provider.ts'
import { openTpm2Provider } from './tpm2/provider.ts'

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
      if (folder === undefined) throw lacks(provider, 'folder')
      return openSoftwareProvider({ provider, folder, provisionedBox }, randomness)
    case 'pkcs11': {
      const { module, pin, tokenLabel, tokenSerial } = settings
      if (module === undefined) throw lacks(provider, 'module')
      if (pin === undefined) throw lacks(provider, 'pin')
      if (tokenLabel === undefined && tokenSerial === undefined) throw lacks(provider, 'tokenLabel')
      return openPkcs11Provider({ ...settings, provider, module, pin })
    }
    case 'tpm2': {
      const { tcti } = settings
      if (folder === undefined) throw lacks(provider, 'folder')
      if (tcti === undefined) throw lacks(provider, 'tcti')
      return openTpm2Provider({ provider, folder, tcti, provisionedBox }, randomness)
    }
    default:
      throw new KeyError(
        'not-available',
        `There is no key provider "${provider}"; this version has "software", "pkcs11" and "tpm2".`,
      )
  }
}

const lacks = (provider: string, setting: string): KeyError =>
  new KeyError('not-available', `The key provider "${provider}" needs the setting "${setting}".`)
