import type { Clock, Logger } from '@probant/host'
import type { KeyProvider } from '@probant/keys'
import type { Database } from '@probant/postgres'
import type { Journal } from '../journal/journal.ts'
import type { Recovery } from '../recovery/recovery.ts'
import type { VaultCiphers } from '../store/vault-ciphers.ts'

/** How long an epoch's key lives, and how long beside the next one's. */
export interface EpochSchedule {
  /** From its beginning to its destruction. */
  readonly days: number
  /** The last of them, in which a backup under the next epoch has to be made. */
  readonly overlapDays: number
}

/** A month is what data protection gives backups; two days, so that a nightly backup which fails once isn't the last. */
export const DEFAULT_SCHEDULE: EpochSchedule = { days: 30, overlapDays: 2 }

export const DAY_MS = 86_400_000

/** Who asked for a rotation, or the epoch that it belongs to; a person at the console is named in the trace by a commitment. */
export interface Asked {
  readonly asked: 'console' | 'epoch' | 'schedule' | 'start'
  readonly operator?: string | undefined
}

/** What traces of a rotation say of it. */
export const whoAsked = ({ asked, operator }: Asked) => ({
  data: { asked },
  ...(operator === undefined ? {} : { hidden: { operator } }),
})

export interface RotationContext {
  readonly boxId: string
  readonly database: Database
  readonly journal: Journal
  readonly keys: KeyProvider
  readonly ciphers: VaultCiphers
  readonly recovery: Recovery
  readonly clock: Clock
  readonly log: Logger
  readonly schedule: EpochSchedule
}
