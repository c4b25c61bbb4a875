import type { EvidenceCrypto } from '@probant/evidence'
import type { Clock, Logger, Randomness } from '@probant/host'
import type { Database } from '@probant/postgres'
import type { Figures } from './figures.ts'
import type { Settings } from './settings.ts'
import type { CentreKeys } from './signing/centre-keys.ts'
import type { ByteStore } from './store/byte-store.ts'

/** What every part of the centre works with; made once at start, driven by tests. */
export interface Context {
  settings: Settings
  database: Database
  /** Bytes by their digest: segments and both sides of findings. */
  bytes: ByteStore
  keys: CentreKeys
  crypto: EvidenceCrypto
  clock: Clock
  /** How far this machine's clock was set, forward or (negative) back, since the process began, in ms. */
  clockSetMs: () => number
  randomness: Randomness
  logger: Logger
  figures: Figures
  /** Called when the outbox or the alert journal got something to do; what it wakes looks for itself. */
  wake: () => void
}
