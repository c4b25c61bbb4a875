import { retentionRefused } from '../errors.ts'
import type { Journal } from '../journal/journal.ts'
import {
  addClass,
  dateEvent,
  lengthenClass,
  setDefault,
  type RetentionClass,
} from '../store/retention.ts'

interface Acting {
  readonly journal: Journal
  readonly actorId: string
}

export async function createClass(
  { journal, actorId }: Acting,
  made: RetentionClass,
): Promise<void> {
  const { name, days, starts, fate } = made
  await journal.record({
    act: 'retention-class-created',
    outcome: 'done',
    actorId,
    data: { class: name, days, starts, fate },
    apply: (client, { seq }) => addClass(client, made, seq),
  })
}

/** Never shortens: what is under a class is kept at least as long as was promised. @throws BoxError `retention-refused` */
export async function lengthen(
  { journal, actorId }: Acting,
  name: string,
  days: number | null,
): Promise<void> {
  await journal.record({
    act: 'retention-class-lengthened',
    outcome: 'done',
    actorId,
    data: { class: name, days },
    apply: async (client, { seq }) => {
      if (!(await lengthenClass(client, name, days, seq)))
        throw retentionRefused(
          'Une classe ne peut qu’être allongée : des documents ont été déposés sous cette durée.',
          'A class can only be lengthened: documents were deposited under this duration.',
        )
    },
  })
}

/** What comes into a vault from now on without naming a class has this one; null: none. */
export async function changeDefault(
  { journal, actorId }: Acting,
  vault: string,
  name: string | null,
): Promise<void> {
  await journal.record({
    act: 'vault-retention-changed',
    outcome: 'done',
    vault,
    actorId,
    data: { class: name },
    apply: (client, { seq }) => setDefault(client, vault, name, seq),
  })
}

/** Dates the event from which an object's retention counts; later only to a later day. @throws BoxError `retention-refused` */
export async function startRetention(
  { journal, actorId }: Acting,
  vault: string,
  object: string,
  date: string,
): Promise<void> {
  await journal.record({
    act: 'retention-started',
    outcome: 'done',
    vault,
    object,
    actorId,
    data: { date },
    apply: async (client, { seq }) => {
      if (!(await dateEvent(client, object, date, seq)))
        throw retentionRefused(
          'Cet événement est déjà daté : il ne peut qu’être reporté à plus tard.',
          'This event has its date: it can only be moved to a later one.',
        )
    },
  })
}
