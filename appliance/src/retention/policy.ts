import { isJsonArray, type JsonObject, type Trace } from '@probant/evidence'
import type { RetentionClass } from '../store/retention.ts'

interface Dated {
  readonly seq: number
}

interface PlacedHold extends Dated {
  readonly vault: string
  /** Null: the whole vault. */
  readonly objects: readonly string[] | null
  readonly liftedSeq: number | null
}

/**
 * What the journal says about how long objects are kept: its traces of such acts, one after the other. Nothing here comes from the tables,
 * which somebody may have changed.
 */
export class Policy {
  readonly #classes = new Map<string, RetentionClass & Dated>()
  readonly #defaults = new Map<string, Dated & { readonly name: string }>()
  readonly #events = new Map<string, Dated & { readonly date: string }>()
  readonly #holds = new Map<string, PlacedHold>()

  /** The next trace; one of another act, or that wasn't done, changes nothing. */
  read({ seq, act, outcome, vault, object, data }: Trace): void {
    if (outcome !== 'done') return
    const name = textOf(data, 'class')
    if (act === 'retention-class-created' && name !== undefined) {
      const [starts, fate] = [textOf(data, 'starts'), textOf(data, 'fate')]
      if (isStart(starts) && isFate(fate))
        this.#classes.set(name, { name, days: daysOf(data), starts, fate, seq })
    } else if (act === 'retention-class-lengthened' && name !== undefined) {
      const before = this.#classes.get(name)
      if (before !== undefined) this.#classes.set(name, { ...before, days: daysOf(data), seq })
    } else if (act === 'vault-retention-changed' && vault !== null) {
      if (name === undefined) this.#defaults.delete(vault)
      else this.#defaults.set(vault, { name, seq })
    } else if (act === 'retention-started' && object !== null) {
      const date = textOf(data, 'date')
      if (date !== undefined) this.#events.set(object, { date, seq })
    } else this.#readHold(seq, act, vault, data)
  }

  #readHold(seq: number, act: string, vault: string | null, data: JsonObject): void {
    const id = textOf(data, 'hold')
    if (id === undefined) return
    const before = this.#holds.get(id)
    if (act === 'hold-placed' && vault !== null) {
      const { objects } = data
      const named = isJsonArray(objects) ? objects.filter((one) => typeof one === 'string') : null
      this.#holds.set(id, { vault, objects: named, seq, liftedSeq: null })
    } else if (act === 'hold-lifted' && before !== undefined)
      this.#holds.set(id, { ...before, liftedSeq: seq })
  }

  retentionClass(name: string): RetentionClass | undefined {
    return this.#classes.get(name)
  }

  /** `YYYY-MM-DD`; undefined where the event from which an object's retention counts did not come. */
  eventOf(objectId: string): string | undefined {
    return this.#events.get(objectId)?.date
  }

  /** Holds that stand on an object, oldest first. */
  holdsOn(vaultId: string, objectId: string): string[] {
    return [...this.#holds]
      .filter(
        ([, { vault, objects, liftedSeq }]) =>
          liftedSeq === null &&
          vault === vaultId &&
          (objects === null || objects.includes(objectId)),
      )
      .map(([id]) => id)
  }

  /** As `retentionRows` writes what the tables hold. */
  lines(): string[] {
    return [
      ...[...this.#classes.values()].map(({ name, days, starts, fate, seq }) =>
        ['class', name, days ?? 'for-ever', starts, fate, seq].join(' '),
      ),
      ...[...this.#defaults].map(([vault, { name, seq }]) => `default ${vault} ${name} ${seq}`),
      ...[...this.#events].map(([object, { date, seq }]) => `event ${object} ${date} ${seq}`),
      ...[...this.#holds].flatMap(([id, { vault, objects, seq, liftedSeq }]) => [
        ['hold', id, vault, objects === null ? 't' : 'f', seq, liftedSeq ?? 'placed'].join(' '),
        ...(objects ?? []).map((object) => `held ${id} ${object}`),
      ]),
    ]
  }
}

function textOf(data: JsonObject, member: string): string | undefined {
  const value = data[member]
  return typeof value === 'string' ? value : undefined
}

function daysOf({ days }: JsonObject): number | null {
  return typeof days === 'number' ? days : null
}

const isStart = (text: string | undefined): text is RetentionClass['starts'] =>
  text === 'deposit' || text === 'event'

const isFate = (text: string | undefined): text is RetentionClass['fate'] =>
  text === 'destroy' || text === 'keep' || text === 'review'
