import type { Words } from '@probant/web'
import type { RaisedKind, Told } from '../kinds.ts'

export interface Advice {
  sentence: (told: Told) => Words
  cause: (told: Told) => Words
  action: Words
}

/** Advice by kind. */
export type AdviceOn<Kind extends RaisedKind> = Readonly<Record<Kind, Advice>>

/** Keep the machine as it is: what to do first whenever history may have been changed. */
export const preserve: Words = {
  fr: 'Ne rien redémarrer ni restaurer. Copier les disques du boîtier, puis comparer les deux versions conservées au centre. Si une restauration a eu lieu, la déclarer.',
  en: 'Restart and restore nothing. Copy the disks of the box, then compare both versions kept at the centre. If there was a restore, declare it.',
}

export const checkIdentity: Words = {
  fr: 'Vérifier sur place que la machine est bien celle qui a été enrôlée et que ses clés n’ont pas changé. Un changement voulu passe par un nouvel enrôlement.',
  en: 'Check on site that the machine is the one that was enrolled and that its keys are the same. A change that is wanted goes through a new enrolment.',
}

export function at(seq: number | null): Words {
  return seq === null ? { fr: '', en: '' } : { fr: ` à la trace ${seq}`, en: ` at trace ${seq}` }
}

/** A sentence about a trace of the journal. */
export function about(fr: string, en: string): (told: Told) => Words {
  return ({ subject, seq }) => ({
    fr: `${subject} : ${fr}${at(seq).fr}.`,
    en: `${subject}: ${en}${at(seq).en}.`,
  })
}

export function always(words: Words): () => Words {
  return () => words
}

export function text(told: Told, name: string): string {
  const value = told.circumstances[name]
  return value === undefined || value === null ? '?' : String(value)
}
