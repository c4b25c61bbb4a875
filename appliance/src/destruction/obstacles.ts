import {
  equalBytes,
  fromBase64,
  depositedObject,
  openingMatches,
  parseLat,
  parseStatement,
  parseTrace,
  type EvidenceCrypto,
  type Retention,
  type Statement,
} from '@probant/evidence'
import { formatTime } from '@probant/host'
import type { Database } from '@probant/postgres'
import { BoxError, type Words } from '../errors.ts'
import { openedSecret } from '../reading/openings.ts'
import type { Policies } from '../retention/policies.ts'
import { currentTerm, type Term } from '../retention/terms.ts'
import type { TrustedInstant, TrustedTime } from '../retention/trusted-time.ts'
import type { VaultCipher } from '../store/cipher.ts'
import { readTraces } from '../store/journal.ts'
import { readSecrets, type StoredObject } from '../store/objects.ts'

export interface ObstacleContext {
  readonly database: Database
  readonly crypto: EvidenceCrypto
  readonly policies: Policies
  readonly trustedTime: Pick<TrustedTime, 'now'>
}

/** Why an object is not destroyed now; `reason` is the trace's code. */
export interface Obstacle {
  readonly reason: 'under-hold' | 'under-retention'
  readonly words: Words
  /** What a program is told beside. */
  readonly extra: {
    readonly holds?: readonly string[]
    readonly until?: string | null
    readonly trustedTime?: string | null
  }
}

/** What a trace of a destruction says of the rule under which the object was, and of the time that it was over by. */
export interface Allowance {
  readonly retention: Retention | null
  readonly trusted: TrustedInstant | undefined
}

/**
 * Whether an object may be destroyed: by what its archive proof says, to which its deposit's trace commits, by what the journal says of its
 * class and of holds, and by trusted time. Tables that somebody may have changed decide nothing here.
 * @throws BoxError `integrity-failure` when its archive proof is not the one of its deposit
 */
export async function obstacleTo(
  context: ObstacleContext,
  cipher: VaultCipher,
  object: StoredObject,
): Promise<Obstacle | Allowance> {
  const statement = await provenStatement(context, cipher, object)
  const policy = await context.policies.now()
  const holds = policy.holdsOn(object.vaultId, object.id)
  if (holds.length > 0) return underHold(holds)
  const { retention } = statement
  if (retention === null) return { retention, trusted: undefined }
  const now = policy.retentionClass(retention.class)
  const term = currentTerm(statement, now, policy.eventOf(object.id))
  const trusted = await context.trustedTime.now()
  const isOver = term?.kind === 'until' && trusted !== undefined && trusted.atLeastMs >= term.ms
  return isOver || term === undefined ? { retention, trusted } : underRetention(term, trusted)
}

const underHold = (holds: readonly string[]): Obstacle => ({
  reason: 'under-hold',
  words: {
    fr: `Un gel juridique l’interdit tant qu’il n’est pas levé (${holds.join(', ')}).`,
    en: `A legal hold forbids it until it is lifted (${holds.join(', ')}).`,
  },
  extra: { holds },
})

function underRetention(term: Term, trusted: TrustedInstant | undefined): Obstacle {
  const until = term.kind === 'until' ? formatTime(term.ms) : null
  const trustedTime = trusted === undefined ? null : formatTime(trusted.atLeastMs)
  const [fr, en] = {
    until: [`Il est conservé jusqu’au ${until ?? ''}.`, `It is kept until ${until ?? ''}.`],
    'for-ever': ['Il est conservé pour toujours.', 'It is kept for ever.'],
    'event-to-come': [
      'Sa conservation part d’un événement qui n’est pas encore daté.',
      'Its retention counts from an event that has no date yet.',
    ],
  }[term.kind] as [string, string]
  const time = {
    fr:
      trustedTime === null
        ? 'Personne d’extérieur n’a encore attesté l’heure : celle du boîtier ne compte pas.'
        : `Il est au moins ${trustedTime}, d’après ce que des tiers ont attesté.`,
    en:
      trustedTime === null
        ? 'Nobody outside has stated the time yet: the box’s own does not count.'
        : `It is ${trustedTime} at least, by what third parties stated.`,
  }
  return {
    reason: 'under-retention',
    words: { fr: `${fr} ${time.fr}`, en: `${en} ${time.en}` },
    extra: { until, trustedTime },
  }
}

/** The statement of the archive proof to which the deposit's trace commits. */
async function provenStatement(
  { database, crypto }: ObstacleContext,
  cipher: VaultCipher,
  object: StoredObject,
): Promise<Statement> {
  const statement = parseStatement(parseLat(object.lat).statement)
  const [stored] = await readTraces(database, object.depositSeq, object.depositSeq + 1)
  const trace = stored && parseTrace(stored.bytes)
  const enclosed = (await readSecrets(database, [object.id], ['object'])).get(`${object.id}:object`)
  const opening = enclosed && openedSecret(cipher, object.id, 'object', enclosed)
  const isProven =
    opening !== undefined &&
    statement.object === object.id &&
    trace?.object === object.id &&
    trace.objectCommitment !== null &&
    openingMatches(crypto, trace.objectCommitment, opening) &&
    equalBytes(fromBase64(opening.value), depositedObject(crypto, statement, object.lat))
  if (!isProven)
    throw new BoxError('integrity-failure', 'fatal', `the proof of object ${object.id} was altered`)
  return statement
}
