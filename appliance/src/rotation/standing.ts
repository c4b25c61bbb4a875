import { formatTime } from '@probant/host'
import type { Queryable } from '../store/journal.ts'
import { liveEpochs, readEpochs, type KeyEpoch } from '../store/key-epochs.ts'
import { countFormerlyEnclosed, vaultsBehind } from '../store/vault-keys.ts'
import { allVaults, countVaults, findVault } from '../store/vaults.ts'
import { DAY_MS, type EpochSchedule } from './context.ts'

/** When the last enclosed form of what is in the store now can't be opened any more, whoever kept it. */
export interface LastCopy {
  /** Epoch under which it is, or may be, enclosed. */
  readonly epoch: number
  /** As planned; the trace `key-epoch-ended` of that epoch says when it came true. */
  readonly expiresMs: number
}

/**
 * What a proof of destruction states: once the enclosed data key of an object is deleted, copies of it in backups of the database open
 * until the newest epoch ends. That holds for the keys; a copy of the folder `recovery/` or of the hardware's own that was kept
 * outlives it (threat model).
 * @returns undefined before the first epoch
 */
export async function lastCopyExpires(
  client: Queryable,
  { days }: EpochSchedule,
): Promise<LastCopy | undefined> {
  const newest = (await liveEpochs(client)).at(-1)
  return newest && { epoch: newest.number, expiresMs: newest.begunAtMs + days * DAY_MS }
}

/** When the next epoch is to begin. */
export const nextBeginningMs = (newest: KeyEpoch, { days, overlapDays }: EpochSchedule) =>
  newest.begunAtMs + Math.max(1, days - overlapDays) * DAY_MS

/** How the keys of the box stand: for people and scripts. */
export interface KeyStanding {
  readonly epochs: readonly {
    readonly epoch: number
    readonly root: string
    readonly begunAt: string
    /** Of a root that was replaced within the epoch. */
    readonly formerRoot: string | null
    readonly formerRootUntil: string | null
    /** Null while it is the newest. */
    readonly endsAt: string | null
  }[]
  readonly ended: number
  readonly nextEpochAt: string | null
  readonly lastCopyExpires: string | null
  readonly vaults: number
  /** The lowest and the highest generation of a vault's key. */
  readonly generations: readonly [number, number] | null
  /** Vaults with something that is not enclosed under their newest key of the newest epoch. */
  readonly vaultsBehind: number
  /** Objects that are still enclosed under a former key. */
  readonly objectsBehind: number
}

/** Reads it from the database. */
export async function keyStanding(
  client: Queryable,
  schedule: EpochSchedule,
): Promise<KeyStanding> {
  const epochs = await readEpochs(client)
  const live = epochs.filter(({ endedAtMs }) => endedAtMs === null)
  const newest = live.at(-1)
  const behind = await vaultsBehind(client, newest?.number ?? 0)
  let objectsBehind = 0
  for (const id of behind) {
    const vault = await findVault(client, id)
    if (vault?.formerKey != null)
      objectsBehind += await countFormerlyEnclosed(client, id, vault.key.generation)
  }
  const generations: number[] = []
  for await (const { key } of allVaults(client)) generations.push(key.generation)
  const last = await lastCopyExpires(client, schedule)
  const time = (ms: number | null | undefined) => (ms == null ? null : formatTime(ms))
  return {
    epochs: live.map(({ number, root, begunAtMs, formerRoot, endsAtMs }) => ({
      epoch: number,
      root,
      begunAt: formatTime(begunAtMs),
      formerRoot: formerRoot?.label ?? null,
      formerRootUntil: time(formerRoot?.untilMs),
      endsAt: time(endsAtMs),
    })),
    ended: epochs.length - live.length,
    nextEpochAt: newest === undefined ? null : formatTime(nextBeginningMs(newest, schedule)),
    lastCopyExpires: time(last?.expiresMs),
    vaults: await countVaults(client),
    generations:
      generations.length === 0 ? null : [Math.min(...generations), Math.max(...generations)],
    vaultsBehind: behind.length,
    objectsBehind,
  }
}

/** Lines of `box status` and `box rotate`. */
export function standingSentences(standing: KeyStanding): string[] {
  const { epochs, nextEpochAt, generations, vaults, vaultsBehind, objectsBehind } = standing
  const of = (epoch: KeyStanding['epochs'][number]) =>
    [
      `epoch ${epoch.epoch} since ${epoch.begunAt}, under ${epoch.root}`,
      ...(epoch.formerRoot === null
        ? []
        : [`(before: ${epoch.formerRoot}, until ${epoch.formerRootUntil ?? ''})`]),
      ...(epoch.endsAt === null ? [] : [`(ends ${epoch.endsAt})`]),
    ].join(' ')
  const [lowest, highest] = generations ?? [0, 0]
  return [
    `epochs     ${epochs.map(of).join('; ')}; the next begins ${nextEpochAt ?? 'at the next start'}`,
    `           vaults: ${vaults}, keys of generation ${lowest === highest ? lowest : `${lowest} to ${highest}`}; what is deleted now can be opened in no copy of the database after ${standing.lastCopyExpires ?? '?'}`,
    ...(vaultsBehind === 0
      ? []
      : [
          `           being enclosed anew: vaults ${vaultsBehind}, objects of those begun ${objectsBehind}`,
        ]),
  ]
}
