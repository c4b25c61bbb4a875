import { parseVkey, type EvidenceCrypto, type VerifierKey } from '@probant/evidence'
import { formatTime, type Clock } from '@probant/host'
import type { Database } from '@probant/postgres'
import { BoxError } from '../errors.ts'
import type { ApplianceSettings } from '../settings.ts'
import { newestWitnessed, witnessStandings } from '../store/cosignatures.ts'
import { firstSignedBeyond, type Queryable } from '../store/journal.ts'

/** An answer is good for so long: deposits come by the hundred a second, cosignatures by the minute. */
const REMEMBERED_MS = 5000
const HOUR_MS = 3_600_000

/** Since when the oldest act waits for as many witnesses as are required, epoch milliseconds; undefined when none does. */
export async function unwitnessedSince(
  database: Queryable,
  required: number,
): Promise<number | undefined> {
  const witnessed = await newestWitnessed(database, required)
  return firstSignedBeyond(database, witnessed?.size ?? 0)
}

/** How many different witnesses have to cosign a checkpoint for what it covers to be witnessed. */
export function requiredWitnesses(settings: ApplianceSettings['witnessing']): number {
  return settings?.required ?? 1
}

/**
 * The keys whose cosignatures count: the centre's, and those of the witnesses beside it.
 * @throws BoxError `bad-settings` where there are fewer names among them than witnesses are required; EvidenceError
 */
export function pinnedWitnesses(
  crypto: EvidenceCrypto,
  { centre, witnessing }: Pick<ApplianceSettings, 'centre' | 'witnessing'>,
): VerifierKey[] {
  const vkeys = [...(centre?.witnessKeys ?? []), ...(witnessing?.keys ?? [])]
  const keys = vkeys.map((vkey) => parseVkey(vkey, crypto))
  const required = requiredWitnesses(witnessing)
  const count = new Set(keys.map(({ name }) => name)).size
  // One is what every box asks for, enrolled or not yet.
  if (required > 1 && count < required)
    throw new BoxError(
      'bad-settings',
      'fatal',
      `${required} witnesses are required, and keys of ${count} are given`,
    )
  return keys
}

/** How far each witness has come: those whose keys are pinned, and those of before. */
export async function witnessReport(
  database: Queryable,
  pinned: readonly VerifierKey[],
): Promise<{ name: string; size: number; at: string | null }[]> {
  const standings = await witnessStandings(database)
  const known = standings.map(({ name, size, timestamp }) => ({
    name,
    size,
    at: formatTime(timestamp * 1000),
  }))
  const names = new Set(pinned.map(({ name }) => name))
  const silent = [...names].filter((name) => !known.some((one) => one.name === name))
  return [...known, ...silent.map((name) => ({ name, size: 0, at: null }))]
}

/** A box that is told so takes no more deposits once its acts have gone unwitnessed for too long. */
export class Witnessing {
  /** Different witnesses that it takes. */
  readonly required: number
  readonly #database: Database
  readonly #clock: Clock
  readonly #refuseAfterMs: number | undefined
  #known: { readonly sinceMs: number | undefined; readonly atMs: number } | undefined

  constructor(database: Database, clock: Clock, settings: ApplianceSettings['witnessing']) {
    const refuseAfterHours = settings?.refuseAfterHours ?? undefined
    this.required = requiredWitnesses(settings)
    this.#database = database
    this.#clock = clock
    this.#refuseAfterMs = refuseAfterHours === undefined ? undefined : refuseAfterHours * HOUR_MS
  }

  /** @throws BoxError `unwitnessed` (retryable): the next cosignature lifts it */
  async requireRecent(): Promise<void> {
    if (this.#refuseAfterMs === undefined) return
    const sinceMs = await this.#since()
    if (sinceMs === undefined || this.#clock.nowMs() - sinceMs <= this.#refuseAfterMs) return
    throw new BoxError(
      'unwitnessed',
      'retryable',
      this.required === 1
        ? `no witness has countersigned the journal since ${formatTime(sinceMs)}`
        : `fewer than ${this.required} witnesses have countersigned the journal since ${formatTime(sinceMs)}`,
    )
  }

  async #since(): Promise<number | undefined> {
    const nowMs = this.#clock.monotonicMs()
    if (this.#known === undefined || nowMs - this.#known.atMs > REMEMBERED_MS)
      this.#known = { sinceMs: await unwitnessedSince(this.#database, this.required), atMs: nowMs }
    return this.#known.sinceMs
  }
}
