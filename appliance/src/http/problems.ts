import { PostgresError } from '@probant/postgres'
import { Problem, unavailable } from '@probant/web'
import { DepositError, type DepositStep } from '../deposit/deposit.ts'
import { BoxError, type BoxErrorCode } from '../errors.ts'

type Known = Pick<ConstructorParameters<typeof Problem>[0], 'type' | 'status' | 'title'>

const known: Partial<Record<BoxErrorCode, Known>> = {
  'journal-busy': {
    type: 'journal-busy',
    status: 503,
    title: {
      fr: 'Le journal est saturé : rien n’a été fait, réessayez dans un instant.',
      en: 'The journal is busy: nothing was done, try again in a moment.',
    },
  },
  'act-refused': {
    type: 'act-refused',
    status: 422,
    title: {
      fr: 'Cet acte ne peut pas être journalisé : rien n’a été fait.',
      en: 'This act can not be journalled: nothing was done.',
    },
  },
  'journal-late': {
    type: 'journal-late',
    status: 503,
    title: {
      fr: 'Le journal attend son matériel de clés : on ne sait pas encore si le dépôt est gardé. Refaites-le plus tard, sous la même clé d’idempotence.',
      en: 'The journal waits for its key hardware: whether the deposit is kept isn’t certain yet. Repeat it later under the same idempotency key.',
    },
  },
  'journal-stopped': {
    type: 'journal-stopped',
    status: 503,
    title: {
      fr: 'Le journal est arrêté : aucun acte n’est possible. Prévenez votre administrateur.',
      en: 'The journal is stopped: no act is possible. Tell your administrator.',
    },
  },
  'journal-altered': {
    type: 'journal-stopped',
    status: 503,
    title: {
      fr: 'Le journal n’est plus celui que le coffre a écrit : aucun acte n’est possible. Prévenez votre administrateur.',
      en: 'The journal is no longer the one that the vault wrote: no act is possible. Tell your administrator.',
    },
  },
  'no-such-vault': {
    type: 'no-such-vault',
    status: 404,
    title: { fr: 'Ce coffre n’existe pas.', en: 'This vault does not exist.' },
  },
  'no-such-object': {
    type: 'no-such-object',
    status: 404,
    title: { fr: 'Ce document n’existe pas.', en: 'This document does not exist.' },
  },
  'no-such-entry': {
    type: 'not-found',
    status: 404,
    title: { fr: 'Cela n’existe pas.', en: 'There is no such thing.' },
  },
  'integrity-failure': {
    type: 'integrity-failure',
    status: 500,
    title: {
      fr: 'Le document conservé a été altéré : il n’est pas rendu. L’alerte est journalisée.',
      en: 'The stored document was altered: it is not given out. The alarm is journalled.',
    },
  },
  'digest-mismatch': {
    type: 'digest-mismatch',
    status: 422,
    title: {
      fr: 'L’empreinte annoncée n’est pas celle des octets reçus : rien n’a été conservé.',
      en: 'The digest given is not that of the bytes received: nothing was kept.',
    },
  },
  'bad-deposit': {
    type: 'bad-deposit',
    status: 422,
    title: {
      fr: 'Ce dépôt n’est pas recevable : rien n’a été conservé.',
      en: 'This deposit is not acceptable: nothing was kept.',
    },
  },
  'upload-aborted': {
    type: 'upload-aborted',
    status: 400,
    title: {
      fr: 'L’envoi a été interrompu : rien n’a été conservé.',
      en: 'The upload was interrupted: nothing was kept.',
    },
  },
  'deposit-under-way': {
    type: 'deposit-under-way',
    status: 409,
    title: {
      fr: 'Un dépôt portant cette clé d’idempotence est en cours : réessayez dans un instant.',
      en: 'A deposit under this idempotency key is under way: try again in a moment.',
    },
  },
  'too-many-uploads': {
    type: 'too-many-uploads',
    status: 429,
    title: {
      fr: 'Vous avez trop d’envois en cours : terminez-en un, ou supprimez-le.',
      en: 'You have too many uploads under way: end one, or delete it.',
    },
  },
  'store-failed': {
    type: 'store-failed',
    status: 507,
    title: {
      fr: 'Le fichier n’a pas pu être écrit : rien n’a été conservé.',
      en: 'The file could not be written: nothing was kept.',
    },
  },
  'timestamp-failed': {
    type: 'timestamp-failed',
    status: 503,
    title: {
      fr: 'L’horodatage de réception a échoué : rien n’a été conservé.',
      en: 'The reception timestamp failed: nothing was kept.',
    },
  },
  'attestation-failed': {
    type: 'attestation-failed',
    status: 503,
    title: {
      fr: 'L’attestation n’a pas pu être établie : le dossier de preuve n’est pas remis, réessayez.',
      en: 'The attestation could not be drawn up: the evidence bundle is not handed out, try again.',
    },
  },
  'signer-failed': {
    type: 'signer-failed',
    status: 503,
    title: {
      fr: 'La clé de signature ne répond pas : rien n’a été conservé.',
      en: 'The signing key does not answer: nothing was kept.',
    },
  },
  'role-refused': {
    type: 'role-refused',
    status: 422,
    title: {
      fr: 'Ce rôle n’est pas possible : rien n’a été changé.',
      en: 'This role is not possible: nothing was changed.',
    },
  },
  'rights-refused': {
    type: 'rights-refused',
    status: 422,
    title: {
      fr: 'Ces droits ne sont pas possibles : rien n’a été changé.',
      en: 'These rights are not possible: nothing was changed.',
    },
  },
  'token-refused': {
    type: 'token-refused',
    status: 422,
    title: {
      fr: 'Ce jeton n’est pas possible : rien n’a été émis.',
      en: 'This token is not possible: none was issued.',
    },
  },
  'rotation-refused': {
    type: 'rotation-refused',
    status: 409,
    title: {
      fr: 'Ce renouvellement de clés ne peut pas commencer maintenant.',
      en: 'This rotation of keys can’t begin now.',
    },
  },
  'retention-refused': {
    type: 'retention-refused',
    status: 409,
    title: {
      fr: 'Une règle de conservation l’interdit : rien n’a été changé.',
      en: 'A rule of retention forbids it: nothing was changed.',
    },
  },
  'under-retention': {
    type: 'under-retention',
    status: 409,
    title: {
      fr: 'Ce document est encore à conserver : rien n’a été détruit.',
      en: 'This document is still to be kept: nothing was destroyed.',
    },
  },
  'under-hold': {
    type: 'under-hold',
    status: 409,
    title: {
      fr: 'Ce document est gelé : rien n’a été détruit.',
      en: 'This document is under a hold: nothing was destroyed.',
    },
  },
  destroyed: {
    type: 'destroyed',
    status: 410,
    title: { fr: 'Ce document a été détruit.', en: 'This document was destroyed.' },
  },
  'bad-ceremony': {
    type: 'bad-ceremony',
    status: 409,
    title: {
      fr: 'Cette étape de la cérémonie n’est pas possible.',
      en: 'This step of the ceremony is not possible.',
    },
  },
  'seal-missing': {
    type: 'seal-missing',
    status: 503,
    title: {
      fr: 'Aucun certificat de cachet n’est en vigueur, et ce coffre en exige un : rien n’a été conservé. Prévenez votre administrateur.',
      en: 'No seal certificate is in force, and this vault requires one: nothing was kept. Tell your administrator.',
    },
  },
  unwitnessed: {
    type: 'unwitnessed',
    status: 503,
    title: {
      fr: 'Aucun témoin n’a contresigné le journal depuis trop longtemps, et ce coffre ne prend plus de dépôts sans témoin : rien n’a été conservé. Prévenez votre administrateur.',
      en: 'No witness has countersigned the journal for too long, and this vault takes no deposits without one: nothing was kept. Tell your administrator.',
    },
  },
  'bad-certificate': {
    type: 'bad-certificate',
    status: 422,
    title: {
      fr: 'Ce certificat n’est pas recevable : rien n’a été changé.',
      en: 'This certificate is not acceptable: nothing was changed.',
    },
  },
  conflict: {
    type: 'conflict',
    status: 409,
    title: { fr: 'Cela existe déjà.', en: 'It exists already.' },
  },
  'idempotency-key-reused': {
    type: 'idempotency-key-reused',
    status: 422,
    title: {
      fr: 'Cette clé d’idempotence a déjà servi pour un autre contenu : rien n’a été conservé.',
      en: 'This idempotency key was used with other content: nothing was kept.',
    },
  },
}

/** What the outside is told about an error of ours; anything unknown is left to the server's own handling. */
export function problemOf(error: unknown, step?: DepositStep): unknown {
  if (error instanceof DepositError) return problemOf(error.cause, error.step)
  if (error instanceof Problem)
    return step === undefined || error.step !== undefined ? error : withStep(error, step)
  if (error instanceof PostgresError && error.kind === 'retryable')
    return databaseIsAway(error, step)
  if (!(error instanceof BoxError))
    return step === undefined
      ? error
      : new Problem({
          type: 'deposit-failed',
          status: 500,
          title: {
            fr: 'Le dépôt a échoué : rien n’a été conservé.',
            en: 'The deposit failed: nothing was kept.',
          },
          step,
          cause: error,
        })
  const told = known[error.code]
  if (told === undefined) return unavailable(error)
  return new Problem({
    ...told,
    ...(step === undefined ? {} : { step }),
    ...(error.words === undefined ? {} : { detail: error.words }),
    extra: error.extra,
    ...(told.status === 503 || error.code === 'deposit-under-way'
      ? { headers: { 'retry-after': '2' } }
      : {}),
    cause: error,
  })
}

const databaseIsAway = (cause: PostgresError, step?: DepositStep) =>
  new Problem({
    type: 'database-away',
    status: 503,
    title: {
      fr: 'La base de données ne répond pas : rien n’a été fait, réessayez dans un instant.',
      en: 'The database does not answer: nothing was done, try again in a moment.',
    },
    ...(step === undefined ? {} : { step }),
    headers: { 'retry-after': '2' },
    cause,
  })

function withStep(problem: Problem, step: DepositStep): Problem {
  return new Problem({
    type: problem.type,
    status: problem.status,
    title: problem.title,
    ...(problem.detail === undefined ? {} : { detail: problem.detail }),
    step,
    errors: [...problem.errors],
    extra: problem.extra,
    headers: problem.headers,
    cause: problem.cause,
  })
}
