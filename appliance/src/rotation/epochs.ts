import { encloseEpochKey, type KeyProvider } from '@probant/keys'
import { BoxError } from '../errors.ts'
import {
  addEpoch,
  closeEpoch,
  endEpoch,
  forgetFormerRoot,
  liveEpochs,
  readEpochs,
  replaceRoot,
  type KeyEpoch,
} from '../store/key-epochs.ts'
import { FIRST_ROOT, foundOrMadeRoot } from '../store/vault-ciphers.ts'
import { allVaults, keysOf } from '../store/vaults.ts'
import { whoAsked, type Asked, type RotationContext } from './context.ts'

/**
 * Begins an epoch: a new wrapping key in the hardware, a new epoch key under it, with its recovery copy where a ceremony was held. Those
 * before may end at `formerEndMs`. Journalled and durable when this resolves; cut off before, nothing has happened.
 */
export async function beginEpoch(
  context: RotationContext,
  by: Asked,
  formerEndMs: number,
): Promise<number> {
  const { boxId, clock, database, journal, keys, recovery } = context
  const epochs = await readEpochs(database)
  const number = (epochs.at(-1)?.number ?? 0) + 1
  const root = await foundOrMadeRoot(keys, nextRoot(epochs))
  const key = await keys.random(32)
  try {
    const keyEnclosed = await encloseEpochKey(keys, root, key, { boxId, epoch: number })
    const copy = await recovery.copyNew(number, key)
    const { data, ...who } = whoAsked(by)
    await journal.record({
      act: 'key-epoch-begun',
      outcome: 'done',
      data: { ...data, epoch: number, root: root.label, ...copy },
      ...who,
      apply: (client) =>
        addEpoch(
          client,
          { number, root: root.label, keyEnclosed, begunAtMs: clock.nowMs() },
          formerEndMs,
        ),
    })
    return number
  } finally {
    key.fill(0)
  }
}

/** Puts the key of an epoch under a new wrapping key; the former is destroyed after `formerUntilMs`. */
export async function beginRoot(
  context: RotationContext,
  by: Asked,
  epoch: KeyEpoch,
  formerUntilMs: number,
): Promise<void> {
  const { boxId, ciphers, database, journal, keys } = context
  const root = await foundOrMadeRoot(keys, nextRoot(await readEpochs(database)))
  const key = (await ciphers.epochKey(epoch.number)).export()
  const place = { boxId, epoch: epoch.number }
  const enclosed = await encloseEpochKey(keys, root, key, place).finally(() => key.fill(0))
  const { data, ...who } = whoAsked(by)
  await journal.record({
    act: 'root-rotation-begun',
    outcome: 'done',
    data: { ...data, epoch: epoch.number, root: root.label, former: epoch.root },
    ...who,
    apply: (client) => replaceRoot(client, epoch, root.label, enclosed, formerUntilMs),
  })
}

/** The label after every one that was ever used. */
function nextRoot(epochs: readonly KeyEpoch[]): string {
  const labels = epochs.flatMap(({ root, formerRoot }) => [
    root,
    ...(formerRoot === null ? [] : [formerRoot.label]),
  ])
  const numbers = labels.map((label) => Number(/-(\d+)$/.exec(label)?.[1] ?? 1))
  return labels.length === 0 ? FIRST_ROOT : `${FIRST_ROOT}-${Math.max(...numbers) + 1}`
}

/** Destroys the roots that were replaced within a live epoch and are due. */
export async function endRoots(context: RotationContext): Promise<void> {
  const { clock, ciphers, database, journal, keys } = context
  for (const { number, root, formerRoot } of await liveEpochs(database)) {
    if (formerRoot === null || formerRoot.untilMs > clock.nowMs()) continue
    const kept = await ciphers.epochKey(number)
    if (!kept.equals(await ciphers.openedByHardware(number))) throw notItself(number)
    await destroyRoot(keys, formerRoot.label)
    await journal.record({
      act: 'root-rotation-ended',
      outcome: 'done',
      data: { epoch: number, root, former: formerRoot.label },
      apply: (client) => forgetFormerRoot(client, number),
    })
  }
}

/**
 * Destroys the keys of the epochs that are due and that nothing needs: from then on whatever was enclosed under them, in whatever copy,
 * is lost for everybody. Before that every key that is needed is opened once as it is stored, by the hardware.
 */
export async function endEpochs(context: RotationContext): Promise<void> {
  const { ciphers, clock, database, journal, keys, log, recovery } = context
  const live = await liveEpochs(database)
  const newest = live.at(-1)
  for (const epoch of live) {
    const { number, endsAtMs, root, formerRoot, isClosed } = epoch
    if (newest === undefined || number === newest.number) continue
    if (endsAtMs === null || endsAtMs > clock.nowMs()) continue
    if (!isClosed && !(await database.transaction((client) => closeEpoch(client, number)))) continue
    if (!(await recovery.covers(newest.number))) await recovery.complete()
    if (!(await recovery.covers(newest.number))) {
      log.error({ epoch: number }, 'an epoch does not end: the next has no recovery copy')
      continue
    }
    await checkEveryKey(context, newest.number)
    await destroyRoot(keys, root)
    if (formerRoot !== null) await destroyRoot(keys, formerRoot.label)
    await recovery.forget(number)
    await journal.record({
      act: 'key-epoch-ended',
      outcome: 'done',
      data: { epoch: number, root },
      apply: (client) => endEpoch(client, number, clock.nowMs()),
    })
    ciphers.forgetEpoch(number)
  }
}

/** @throws BoxError `not-openable`, KeyError `altered`: then nothing may be destroyed */
async function checkEveryKey({ ciphers, database }: RotationContext, newest: number) {
  const kept = await ciphers.epochKey(newest)
  if (!kept.equals(await ciphers.openedByHardware(newest))) throw notItself(newest)
  for await (const vault of allVaults(database))
    for (const stored of keysOf(vault)) {
      const opened = await ciphers.openKey(vault.id, stored)
      opened.fill(0)
    }
}

const notItself = (epoch: number) =>
  new BoxError('not-openable', 'fatal', `the hardware opens another key of epoch ${epoch}`)

async function destroyRoot(keys: KeyProvider, label: string): Promise<void> {
  const ref = await keys.find(label)
  if (ref !== undefined) await keys.destroy(ref)
}
