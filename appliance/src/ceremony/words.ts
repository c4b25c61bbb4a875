import type { SheetLanguage } from '@probant/keys'

/** What is said at a ceremony and a recovery. */
export interface CeremonyWords {
  readonly box: (name: string, id: string) => string
  readonly howManyHolders: string
  readonly howManyNeeded: string
  readonly wholeNumber: string
  readonly holderName: (number: number) => string
  readonly sheetWritten: (path: string) => string
  readonly aloneAtScreen: (holder: string) => string
  readonly copied: string
  readonly checkWords: (holder: string) => string
  readonly wrongWords: (stop: string) => string
  readonly stop: string
  readonly stopped: string
  readonly sheetNotDeleted: (path: string) => string
  readonly unclear: string
  readonly declared: (id: string, vaults: number) => string
  readonly missingCopies: (vaults: number) => string
  readonly deleteSheets: string
  readonly typeShare: (given: number, needed: number) => string
  readonly foreignShare: (given: string, expected: string) => string
  readonly repeatedShare: (number: number) => string
  readonly shareTaken: (number: number, words: string) => string
}

const fr: CeremonyWords = {
  box: (name, id) => `Boîtier ${name} (${id})`,
  howManyHolders: 'Combien de détenteurs ?',
  howManyNeeded: 'Combien d’entre eux pour récupérer les coffres ?',
  wholeNumber: 'Un nombre entier est attendu.',
  holderName: (number) => `Nom ou fonction du détenteur ${number} ?`,
  sheetWritten: (path) => `Feuille écrite : ${path}. Imprimez-la et remettez-la.`,
  aloneAtScreen: (holder) => `${holder} seul devant l’écran ? Entrée pour afficher sa part.`,
  copied: 'Part recopiée ou imprimée ? Entrée pour l’effacer de l’écran.',
  checkWords: (holder) => `${holder}, vos quatre mots de contrôle, lus sur votre feuille :`,
  wrongWords: (stop) =>
    `Ce ne sont pas ceux de cette part. Relisez-les (« ${stop} » pour renoncer).`,
  stop: 'stop',
  stopped:
    'Cérémonie abandonnée : rien n’a été déclaré, les parts distribuées ne valent rien. Ses fichiers sont effacés.',
  sheetNotDeleted: (path) => `La feuille ${path} n’a pas pu être effacée : effacez-la.`,
  unclear:
    'La déclaration a échoué, ou sa réponse s’est perdue : box status dit si la clé est déclarée. Gardez les feuilles jusque-là.',
  declared: (id, vaults) =>
    `Clé de récupération ${id} déclarée et journalisée ; clés de coffre mises à sa portée : ${vaults}.`,
  missingCopies: (vaults) =>
    `ATTENTION : ${vaults} coffres n’ont pas encore leur copie. Elle sera faite au prochain démarrage ; vérifiez avec box status.`,
  deleteSheets: 'Effacez les fichiers des feuilles dès qu’elles sont imprimées.',
  typeShare: (given, needed) => `Part ${given + 1} (il en faut ${needed}), puis une ligne vide :`,
  foreignShare: (given, expected) =>
    `Cette part est d’une autre clé (${given}…, il faut ${expected.slice(0, 16)}…) : autre boîtier ou cérémonie plus ancienne.`,
  repeatedShare: (number) => `La part ${number} a déjà été donnée : elle ne compte qu’une fois.`,
  shareTaken: (number, words) => `Part ${number} lue. Ses mots de contrôle : ${words}`,
}

const en: CeremonyWords = {
  box: (name, id) => `Box ${name} (${id})`,
  howManyHolders: 'How many holders?',
  howManyNeeded: 'How many of them to recover the vaults?',
  wholeNumber: 'A whole number is needed.',
  holderName: (number) => `Name or function of holder ${number}?`,
  sheetWritten: (path) => `Sheet written: ${path}. Print it and hand it over.`,
  aloneAtScreen: (holder) => `Is ${holder} alone before the screen? Enter shows the share.`,
  copied: 'Is the share copied or printed? Enter takes it off the screen.',
  checkWords: (holder) => `${holder}, your four check words, read from your sheet:`,
  wrongWords: (stop) =>
    `Those aren’t the words of this share. Read them again (“${stop}” gives up).`,
  stop: 'stop',
  stopped:
    'Ceremony abandoned: nothing was declared, the shares handed out are worth nothing. Its files were deleted.',
  sheetNotDeleted: (path) => `The sheet ${path} could not be deleted: delete it.`,
  unclear:
    'The declaration failed, or its answer was lost: box status says whether the key is declared. Keep the sheets until then.',
  declared: (id, vaults) =>
    `Recovery key ${id} declared and journalled; vault keys enclosed to it: ${vaults}.`,
  missingCopies: (vaults) =>
    `WARNING: ${vaults} vaults have no copy yet. It is made at the next start; look at box status.`,
  deleteSheets: 'Delete the files of the sheets as soon as they are printed.',
  typeShare: (given, needed) => `Share ${given + 1} (${needed} are needed), then an empty line:`,
  foreignShare: (given, expected) =>
    `This share is of another key (${given}…, not ${expected.slice(0, 16)}…): another box or an earlier ceremony.`,
  repeatedShare: (number) => `Share ${number} was given already: it counts once.`,
  shareTaken: (number, words) => `Share ${number} was read. Its check words: ${words}`,
}

export const ceremonyWords: Readonly<Record<SheetLanguage, CeremonyWords>> = { fr, en }
