/** The language of this machine, of those that Probant speaks. */
export function ownLanguage(): 'fr' | 'en' {
  return process.env['LANG']?.startsWith('fr') === true ? 'fr' : 'en'
}
