import { headLogOrigin } from '@probant/evidence'
import { Loop } from '@probant/host'
import { administrationServer, type AdministrationServer, type Server } from '@probant/web'
import { dispatch } from './alerts/dispatch.ts'
import { AlertJournalKeeper } from './alerts/keeper.ts'
import { sendPeriodic } from './alerts/periodic.ts'
import { createSenders } from './alerts/senders.ts'
import { mindUnreached } from './alerts/unreached.ts'
import type { Context } from './context.ts'
import { recomputeWindows } from './deadlines/recompute.ts'
import { watchClock } from './deadlines/watch.ts'
import { keepHeadLog } from './head-log/keeper.ts'
import { createApi } from './http/server.ts'
import { closeContext, openContext, type World } from './open-context.ts'
import type { Settings } from './settings.ts'
import { openHostKey } from './ssh/host-key.ts'
import { startIntake } from './ssh/intake-server.ts'
import { openHeadLog } from './store/head-log.ts'
import { DEFAULT_TENANT } from './store/rows.ts'
import { createDoor } from './witness/door.ts'

/** A running centre. */
export interface Centre {
  readonly context: Context
  readonly ports: {
    http: number
    ssh: number
    administration: number
    /** Undefined where no heads of other centres' boxes are taken. */
    witness: number | undefined
  }
  /** One round of watching the clock, as the loop makes it: for tests that drive time. */
  watch(): Promise<void>
  /** Ends every part in order; what was committed stays. */
  stop(): Promise<void>
}

const WATCH_EVERY_MS = 10_000
const SEND_EVERY_MS = 10_000
const TEND_EVERY_MS = 10_000
/** How long a cosigned head waits for its place in the centre's log, at most. */
const LOG_EVERY_MS = 2_000

/**
 * Starts a centre: tables, keys, the loops that watch, send and sign, then the doors. It recovers by starting: all state is in
 * the database, and each loop's first round looks at all of it.
 * @param halt called with an error after which the process must end
 */
export async function startCentre(
  settings: Settings,
  world: World,
  halt: (error: unknown) => void,
): Promise<Centre> {
  const context = await openContext(settings, world)
  const hostKey = await openHostKey(settings.home)
  const senders = await createSenders(context)
  const keeper = new AlertJournalKeeper(context)
  const loopOf = (name: string, everyMs: number, work: () => Promise<boolean>) =>
    new Loop({ name, everyMs, work, halt, clock: world.clock, logger: world.logger })
  // one round at a time, whoever asks for it
  let lastRound: Promise<unknown> = Promise.resolve()
  const watch = () => {
    const round = lastRound.then(() => watchClock(context))
    lastRound = round.catch(() => undefined)
    return round
  }
  const watching = loopOf('watch', WATCH_EVERY_MS, watch)
  const sending = loopOf('send', SEND_EVERY_MS, async () => {
    await sendPeriodic(context)
    await mindUnreached(context)
    return dispatch(context, senders)
  })
  const tending = loopOf('tend', TEND_EVERY_MS, () => keeper.tend())
  const logging = loopOf('log', LOG_EVERY_MS, () => keepHeadLog(context))
  context.wake = () => {
    sending.wake()
    tending.wake()
    logging.wake()
  }
  await recomputeWindows(context)
  const { database, clock } = context
  const logOrigin = headLogOrigin(settings.centreName)
  await openHeadLog(database, DEFAULT_TENANT, logOrigin, clock.nowMs())
  // the centre's own absence is noticed before any box can be judged or heard
  await watch()
  const intake = await startIntake(context, { hostKey, ...settings.ssh, halt })
  const api = await createApi(context, () => ({
    hostKey: hostKey.publicKey,
    host: settings.ssh.host,
    port: intake.port,
  }))
  await api.listen({ host: settings.listen.host, port: settings.listen.port })
  const door = settings.witness === undefined ? undefined : await createDoor(context, halt)
  await door?.listen({ ...settings.witness })
  const administration = await startAdministration(context)
  for (const loop of [watching, sending, tending, logging]) loop.start()
  return {
    context,
    ports: {
      http: portOf(api) ?? settings.listen.port,
      ssh: intake.port,
      administration: administration.port,
      witness: door && portOf(door),
    },
    async watch() {
      await watch()
    },
    async stop() {
      await intake.close()
      await api.close()
      await door?.close()
      await administration.close()
      await Promise.all([watching, sending, tending, logging].map((loop) => loop.stop()))
      for (const sender of Object.values(senders)) sender.close()
      await closeContext(context)
    },
  }
}

function portOf(server: Server): number | undefined {
  const address = server.server.address()
  return typeof address === 'object' && address !== null ? address.port : undefined
}

function startAdministration(context: Context): Promise<AdministrationServer> {
  const { logger, settings, figures, database } = context
  return administrationServer({
    logger,
    host: settings.administration.host,
    port: settings.administration.port,
    registry: figures.registry,
    ready: async () => {
      await database.query('SELECT 1')
      return { ready: true }
    },
  })
}
