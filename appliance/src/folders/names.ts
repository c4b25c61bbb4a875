import { unacceptable } from '../errors.ts'

/** How deep folders go: far beyond any plan, and a bound for what walks them. */
export const MOST_LEVELS = 50
const MOST_BYTES = 255
/** As for file names: controls, and the marks that make a name read other than it is. */
const DECEPTIVE = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u

/** A folder's name as it is kept: in Unicode NFC, without spaces around it. @throws BoxError `bad-deposit` */
export function folderName(text: string): string {
  if (!text.isWellFormed()) throw wrongName()
  const name = text.normalize('NFC').trim()
  const isBad = name === '' || name === '.' || name === '..' || /[/\\]/.test(name)
  if (isBad || DECEPTIVE.test(name) || Buffer.byteLength(name) > MOST_BYTES) throw wrongName()
  return name
}

/** The names on a path from the vault down, as a depositor writes it: `Clients/Durand`. @throws BoxError `bad-deposit` */
export function folderPath(path: string): string[] {
  const names = path.replace(/^\/|\/$/g, '').split('/')
  if (names.length > MOST_LEVELS) throw tooDeep()
  return names.map(folderName)
}

/** What stands in the vault's index for a folder: two names in one place that fold to the same are one name. */
export const folderTerm = (parent: string | null, name: string): string =>
  `${parent ?? ''}/${name.toLowerCase().normalize('NFC')}`

export const tooDeep = () =>
  unacceptable(
    `Des dossiers ne vont pas au-delà de ${MOST_LEVELS} niveaux.`,
    `Folders go no deeper than ${MOST_LEVELS} levels.`,
  )

const wrongName = () =>
  unacceptable(
    `Un nom de dossier a de 1 à ${MOST_BYTES} octets, sans barre oblique ni caractères de contrôle ou de direction.`,
    `A folder’s name has 1 to ${MOST_BYTES} bytes, without slashes, control or direction characters.`,
  )
