import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createPool } from '@probant/postgres'
import { testDatabase } from '@probant/postgres/testing'
import { encodeSegmentPayload, FRAME_TYPES, type FrameName } from '@probant/shipping'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { newAgentKey } from './support/agent.ts'
import { TestBox } from './support/box.ts'
import { enrolmentOf } from './support/centre.ts'
import {
  bomb,
  endWith,
  frameOf,
  greeted,
  inOneSession,
  knock,
  nestDeeply,
  openHalf,
  overrunWindows,
  trickle,
  type Hostile,
} from './support/hostile.ts'
import { CentreProcess, initialiseCentre } from './support/process.ts'
import { writeSettings } from './support/settings.ts'

// What agents with a key of their own, and strangers, do to the memory of a real centre; what honest boxes notice of it: nothing.

t.setTimeout(3 * 3_600_000)
const FRAMES = Number(process.env['SOAK_FRAMES'] ?? 1000)
const seed = Number(process.env['PROBANT_FUZZ_SEED'] ?? Date.now() % 2 ** 31)

/** What one attack may add: a few frames of 5 MiB, what they are inflated to, and garbage that isn't collected yet. */
const ALLOWED_MIB = 200

let centre: CentreProcess
let hostile: Hostile
let honest: Hostile
let idleMib = 0

t.before(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'probant-hostile-'))
  const db = await testDatabase({ name: 'centre', roles: ['centre_service'] })
  const database = createPool({ ...db.superuser, max: 2 })
  const ports = { http: 0, administration: 0, ssh: 0, mail: 1 }
  // what a day allows must not end the attacks before they were made
  const quotas = { segmentsPerDay: 10_000 + 10 * FRAMES, findingsPerDay: 1000 + 10 * FRAMES }
  const settings = await writeSettings(folder, db, ports, quotas)
  const { supervisionToken } = await initialiseCentre(settings)
  centre = await CentreProcess.start(settings)
  t.teardown(async () => {
    await centre.end('SIGTERM')
    await database.close()
    await db.drop()
    await rm(folder, { recursive: true, force: true })
  })
  const enrol = async (boxId: string): Promise<Hostile> => {
    const [box, key] = [new TestBox(boxId), newAgentKey()]
    const answer = await fetch(`http://127.0.0.1:${centre.ports.http}/api/v1/enrolments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${supervisionToken}`, 'content-type': 'application/json' },
      body: JSON.stringify(enrolmentOf(box, key, { everySeconds: null })),
    })
    if (answer.status !== 201) throw new Error(await answer.text())
    return { port: centre.ports.ssh, box, key }
  }
  hostile = await enrol('hostile')
  honest = await enrol('honest')
  await shipHonestly()
  await shipHonestly()
  idleMib = centre.residentMib()
  t.comment(`PROBANT_FUZZ_SEED=${seed}; ${Math.round(idleMib)} MiB at rest`)
})

/** Ten more traces of the honest box are verified, receipted and cosigned. */
async function shipHonestly(): Promise<void> {
  const { box } = honest
  box.acts(10)
  const agent = await greeted(honest)
  for (const { start, end } of agent.welcome?.challenge.segments ?? [])
    await agent.segment('challenge', box.segment(start, end))
  const from = agent.welcome?.audited?.size ?? 0
  const { status, findings } = await agent.segment('shipment', box.segment(from))
  if (status !== 200) throw new Error(JSON.stringify(findings))
  await agent.bye()
}

/** The most memory that the centre held meanwhile, over what it holds at rest. */
async function growth(t: Test, attack: () => Promise<void>): Promise<void> {
  let most = centre.residentMib()
  const watching = setInterval(() => (most = Math.max(most, centre.residentMib())), 10)
  try {
    await attack()
  } finally {
    clearInterval(watching)
  }
  const grown = Math.round(most - idleMib)
  t.ok(grown < ALLOWED_MIB, `memory grew by ${grown} MiB`)
  t.comment(`memory grew by ${grown} MiB`)
  await shipHonestly()
}

/** Each twice: what leaks or is merely not given back shows the second time. */
const attacks: Record<string, (t: Test) => Promise<void>> = {
  'windows that are overrun': () => overrunWindows(hostile, 1),
  'bombs of gigabytes': async (t) => {
    t.same([...new Set(await bomb(hostile, 6))], [422])
  },
  'deep nesting': async (t) => {
    t.same([...new Set(await nestDeeply(hostile, 6))], [422])
  },
  'frames that never end': () => trickle(hostile, 10),
  'connections that open nothing': async (t) => {
    t.ok((await openHalf(hostile, 20)) >= 16, 'a box has its share of connections')
  },
  'frames that are too long': async () => {
    for (const bytes of [Buffer.of(255, 255, 255, 255, 5), Buffer.of(0, 80, 0, 1, 5)])
      for (let left = 4; left > 0; left--) await endWith(hostile, bytes)
  },
  'a thousand strangers, silent or slow': async () => {
    const leave = await knock(centre.ports.ssh, 1000)
    await shipHonestly()
    leave()
  },
}

for (const [name, attack] of Object.entries(attacks))
  void t.test(name, async (t) => {
    await growth(t, () => attack(t))
    await growth(t, () => attack(t))
  })

void t.test(`${FRAMES} malformed frames`, async (t) => {
  const good = await encodeSegmentPayload('shipment', hostile.box.segment(0))
  const hurt = fc.oneof(
    fc.uint8Array({ maxLength: 2000 }),
    fc
      .tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }))
      .map(([at, flip]) => good.map((byte, index) => (index === at ? byte ^ flip : byte))),
    fc.nat(good.length).map((length) => good.subarray(0, length)),
  )
  const names = Object.keys(FRAME_TYPES) as FrameName[]
  const last = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 300 }),
    fc.tuple(fc.constantFrom(...names), hurt).map(([name, bytes]) => frameOf(name, bytes)),
  )
  const PER_SESSION = 40
  const sessions = Math.ceil(FRAMES / PER_SESSION)
  await growth(t, async () => {
    const segments = fc.sample(hurt, { seed, numRuns: sessions * (PER_SESSION - 1) })
    const ends = fc.sample(last, { seed, numRuns: sessions })
    for (const [at, end] of ends.entries()) {
      const these = segments.slice(at * (PER_SESSION - 1), (at + 1) * (PER_SESSION - 1))
      const statuses = await inOneSession(hostile, these)
      if (statuses.some((status) => ![200, 409, 422].includes(status))) t.fail(String(statuses))
      await endWith(hostile, end)
    }
  })
})

void t.test('and in the end', async (t) => {
  t.equal(centre.child.exitCode, null, 'the centre never stopped')
  const grown = Math.round(centre.residentMib() - idleMib)
  t.ok(grown < ALLOWED_MIB, `memory grew by ${grown} MiB in all`)
  t.comment(`memory grew by ${grown} MiB in all`)
  return Promise.resolve()
})
