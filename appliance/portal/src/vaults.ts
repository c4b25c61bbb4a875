import { get, navigate } from '@probant/web/browser'
import { signal } from '@preact/signals'
import type { Vault } from './service.ts'
import { addresses, vaultPage, vaultShape } from './service.ts'

const storageKey = 'probant.vault'

/** Vaults that the reader may see; `undefined` until they are known. */
export const vaults = signal<readonly Vault[] | undefined>(undefined)

/** @throws Failure */
export async function loadVaults(): Promise<void> {
  let found: Vault[] = []
  let cursor: string | undefined
  do {
    const page = await get(addresses.vaults(cursor), vaultPage)
    found = [...found, ...page.items]
    cursor = page.nextCursor
  } while (cursor !== undefined)
  vaults.value = found
}

/** One vault with the reader's rights in it. */
export function loadVault(id: string): Promise<Vault> {
  return get(addresses.vault(id), vaultShape)
}

export function openVault(id: string, options?: { replace: boolean }): void {
  try {
    localStorage.setItem(storageKey, id)
  } catch {
    // Remembering the vault is a convenience.
  }
  navigate(`/vaults/${id}`, options)
}

/** The vault to show first: the one used last, else the first. */
export function vaultToOpen(among: readonly Vault[]): Vault | undefined {
  let last: string | null = null
  try {
    last = localStorage.getItem(storageKey)
  } catch {
    // The first one will do.
  }
  return among.find(({ id }) => id === last) ?? among[0]
}
