import type { SheetLanguage } from '@probant/keys'

/** The language of this machine, as far as there are sheets in it. */
export function ownLanguage(): SheetLanguage {
  return process.env['LANG']?.startsWith('fr') === true ? 'fr' : 'en'
}
