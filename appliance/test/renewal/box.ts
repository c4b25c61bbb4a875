import type { Test } from 'tap'
import { parseTrace, type JsonValue } from '@probant/evidence'
import { ManualClock } from '@probant/host'
import { recompute } from '../../src/integrity/recomputation.ts'
import { readSigningKeys } from '../../src/journal/signing-keys.ts'
import type { ApplianceSettings } from '../../src/settings.ts'
import { readTraces } from '../../src/store/journal.ts'
import { createWorld, type World } from '../world.ts'

/** A box that lives by a driven clock. */
export async function drivenBox(t: Test, clock: ManualClock, settings: Partial<ApplianceSettings>) {
  const journal = { sealAfterSeconds: 60, idleSealSeconds: 360_000 }
  const world = await createWorld({ journal, ...settings })
  t.teardown(() => world.close())
  await world.stop()
  // Its first start was by the machine's clock.
  clock.set(Date.now() + 1000)
  await world.restart({ clock })
  return world
}

/** Lets the box work until something is seen. */
export async function until<T>(
  clock: ManualClock,
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  for (let left = 400; left > 0; left--) {
    const found = await look()
    if (found !== undefined) return found
    await clock.run(10_000)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`${what}: not yet`)
}

/** What the journal says of renewals. */
export async function renewalsOf(
  world: World,
  wanted: string,
): Promise<Record<string, JsonValue>[]> {
  const { database, journal } = world.box
  const traces = (await readTraces(database, 0, journal.size)).map(({ bytes }) => parseTrace(bytes))
  return traces
    .filter(({ act, outcome }) => act === 'evidence-renewed' && outcome === wanted)
    .map(({ data }) => data)
}

/** Waits for so many renewals. */
export const renewedTimes = (world: World, clock: ManualClock, count: number) =>
  until(clock, `${count} renewals`, async () => {
    const done = await renewalsOf(world, 'done')
    return done.length >= count ? done : undefined
  })

/** Kinds of what a recomputation finds. */
export async function foundIn({ box }: World): Promise<string[]> {
  const { database, crypto, files, ciphers, journal, journalKey } = box
  const journalKeys = await readSigningKeys(database, crypto, journal.origin, journalKey)
  const context = { database, crypto, files, ciphers, origin: journal.origin, journalKeys }
  return (await recompute(context, journal.certifiedSize)).journal.findings.map(
    ({ kind, expected, found }) => `${kind}: ${expected}: ${found}`,
  )
}
