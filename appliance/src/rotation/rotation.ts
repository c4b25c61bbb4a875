import { Loop } from '@probant/host'
import { rotationRefused, BoxError } from '../errors.ts'
import { liveEpochs, newestEpoch } from '../store/key-epochs.ts'
import { vaultsBehind } from '../store/vault-keys.ts'
import { findVault } from '../store/vaults.ts'
import { DAY_MS, type Asked, type RotationContext } from './context.ts'
import { beginEpoch, beginRoot, endEpochs, endRoots } from './epochs.ts'
import { keyStanding, nextBeginningMs, type KeyStanding } from './standing.ts'
import { beginVaultKey, encloseAnew, existing } from './vault-key.ts'

const LOOK_EVERY_MS = 60_000
/** What didn't open is tried again by then: somebody has to mend it first. */
const BLOCKED_MS = 3_600_000
/** Answers under way may have read what was enclosed before. */
const FORMER_KEY_STAYS_MS = 600_000

/** What somebody at the console asks for. */
export type RotationRequest = { readonly operator: string } & (
  | { readonly level: 'vault'; readonly vault: string }
  | {
      readonly level: 'root' | 'all'
      /** True: what is replaced is destroyed as soon as nothing needs it, without waiting for a backup under the new. */
      readonly now: boolean
    }
)

/**
 * Rotates keys while the service runs. What there is to do follows from the database alone, so that a start after any interruption goes
 * on where it was: vaults behind the newest epoch get a new key, what is under a former key is enclosed anew, and what is due and not
 * needed is destroyed.
 */
export class Rotation {
  readonly #context: RotationContext
  readonly #loop: Loop
  readonly #closing = new AbortController()
  readonly #blocked = new Map<string, { readonly untilMs: number; readonly why: string }>()

  constructor(context: RotationContext) {
    this.#context = context
    const { clock, log: logger } = context
    const work = () => this.#round()
    this.#loop = new Loop({ name: 'rotation', clock, logger, everyMs: LOOK_EVERY_MS, work })
  }

  /** Begins the first epoch of a box that has none, and goes on in the background. */
  async start(): Promise<void> {
    const { clock, database } = this.#context
    if ((await liveEpochs(database)).length === 0)
      await beginEpoch(this.#context, { asked: 'start' }, clock.nowMs())
    this.#loop.start()
  }

  /** Waits for the batch under way. */
  async stop(): Promise<void> {
    this.#closing.abort()
    await this.#loop.stop()
  }

  /**
   * Begins a rotation, which goes on in the background, also after a restart; begun, journalled and durable when this resolves.
   * @throws BoxError `rotation-refused` while one like it is under way, `no-such-vault`; KeyError of the provider
   */
  async request(request: RotationRequest): Promise<void> {
    const { clock, database, schedule } = this.#context
    const by: Asked = { asked: 'console', operator: request.operator }
    const newest = await newestEpoch(database)
    if (request.level === 'vault') {
      const vault = await existing(this.#context, request.vault)
      if (vault.formerKey !== null) throw underWay()
      await beginVaultKey(this.#context, by, vault)
    } else {
      const until = clock.nowMs() + (request.now ? 0 : schedule.overlapDays * DAY_MS)
      if (request.level === 'root') {
        if (newest.formerRoot !== null) throw underWay()
        await beginRoot(this.#context, by, newest, until)
      } else {
        if ((await vaultsBehind(database, newest.number)).length > 0) throw underWay()
        await beginEpoch(this.#context, by, until)
      }
    }
    this.#loop.wake()
  }

  /** How the keys stand, and what keeps a rotation from going on. */
  async standing(): Promise<KeyStanding & { readonly blocked: readonly string[] }> {
    const { database, schedule } = this.#context
    const blocked = [...this.#blocked.values()].map(({ why }) => why)
    return { ...(await keyStanding(database, schedule)), blocked }
  }

  async #round(): Promise<void> {
    const { clock, database, journal, schedule } = this.#context
    if (journal.stoppedBecause !== undefined) return
    let newest = await newestEpoch(database)
    const now = clock.nowMs()
    if (now >= nextBeginningMs(newest, schedule)) {
      const ends = [newest.begunAtMs + schedule.days * DAY_MS, now + schedule.overlapDays * DAY_MS]
      await beginEpoch(this.#context, { asked: 'schedule' }, Math.max(...ends))
      newest = await newestEpoch(database)
    }
    for (const vault of await vaultsBehind(database, newest.number)) {
      if (this.#closing.signal.aborted) return
      if ((this.#blocked.get(vault)?.untilMs ?? now) > now) continue
      await this.#catchUp(vault, newest.number)
    }
    await endRoots(this.#context)
    await endEpochs(this.#context)
  }

  async #catchUp(id: string, epoch: number): Promise<void> {
    const { clock, database, log } = this.#context
    const goOn = () => !this.#closing.signal.aborted
    try {
      if (!(await encloseAnew(this.#context, id, goOn))) return
      const vault = await findVault(database, id)
      if (vault !== undefined && vault.key.epoch < epoch) {
        await beginVaultKey(this.#context, { asked: 'epoch' }, vault)
        if (!(await encloseAnew(this.#context, id, goOn))) return
      }
      this.#blocked.delete(id)
      this.#dropFormerLater(id)
    } catch (error) {
      if (!(error instanceof BoxError) || error.code !== 'integrity-failure') throw error
      log.error({ err: error, vault: id }, 'the key of a vault can’t be rotated')
      this.#blocked.set(id, { untilMs: clock.nowMs() + BLOCKED_MS, why: error.message })
    }
  }

  /** The former key stays in memory a little longer than it is needed. */
  #dropFormerLater(id: string): void {
    const { clock, ciphers, database, log } = this.#context
    const drop = async () => {
      await clock.sleep(FORMER_KEY_STAYS_MS, this.#closing.signal)
      const vault = await findVault(database, id)
      if (vault?.formerKey === null) (await ciphers.of(vault)).drop(vault.key.generation)
    }
    drop().catch((error: unknown) => {
      if (!this.#closing.signal.aborted) log.warn({ err: error }, 'a former key stays in memory')
    })
  }
}

const underWay = () =>
  rotationRefused(
    'Un renouvellement est en cours : attendez qu’il soit terminé (box rotate --status).',
    'A rotation is under way: wait until it has ended (box rotate --status).',
  )
