import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  formatVkey,
  parseCheckpoint,
  parseNote,
  parseVkey,
  verifyCosignatures,
} from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { formatAddCheckpoint } from '@probant/shipping'
import { createPool } from '@probant/postgres'
import t, { type Test } from 'tap'
import { Round } from '../../agent/src/heads/round.ts'
import { JournalReader } from '../../agent/src/store/journal.ts'
import { ORIGIN } from '../../agent/test/fixtures/box.ts'
import { addOrigin } from '../../supervisor/src/commands/witness.ts'
import { NOON_MS, TestCentre } from '../../supervisor/test/support/centre.ts'
import { followedBox, type FollowedBox } from './followed-box.ts'

const OTHER = 'other.test'

/** A box that one centre follows, and that has another centre for a second witness. */
async function twoWitnesses(t: Test) {
  const other = await TestCentre.start(t, NOON_MS, undefined, OTHER)
  const url = `http://127.0.0.1:${other.centre.ports.witness ?? 0}`
  const keys = other.initialised.witnessKeys
  const followed = await followedBox(t, [{ name: 'other', url, keys, timeoutSeconds: 5 }])
  const folder = await mkdtemp(join(tmpdir(), 'probant-witnesses-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const settings = join(folder, 'other.json')
  await writeFile(settings, JSON.stringify(other.settings), { mode: 0o600 })
  const vkey = formatVkey(ORIGIN, 2, followed.box.journalKey.publicKey, nodeCrypto)
  t.equal(await addOrigin(settings, vkey, undefined), 0)
  return { ...followed, other }
}

/** Lets the agent work until something is so. */
async function until(followed: FollowedBox, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 1500; round++) {
    if (await isSo()) return
    await followed.centre.clock.run(2000)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('it never became so')
}

/** Sizes that somebody cosigned, as the appliance was given them, in order. */
function sizesBy({ appliance }: FollowedBox, name: string): number[] {
  return appliance.cosigned
    .map((text) => parseNote(text))
    .filter(({ signatures }) => signatures.some((one) => one.name === name))
    .map(({ text }) => parseCheckpoint(text).size)
}

await t.test(
  'two witnesses cosign the same checkpoint; one of them down holds up nobody',
  async (t) => {
    const followed = await twoWitnesses(t)
    const { box, agent, other, appliance, settings } = followed
    await box.append(5)
    const running = agent.run()
    await until(followed, () =>
      [OTHER, 'centre.test'].every((name) => sizesBy(followed, name).includes(5)),
    )
    const text = appliance.cosigned.find((note) => note.includes(`— ${OTHER} `)) ?? ''
    const keys = settings.witnesses?.[0]?.keys.map((vkey) => parseVkey(vkey)) ?? []
    t.match(await verifyCosignatures(nodeCrypto, parseNote(text), keys), [
      { type: 4, answer: 'valid' },
      { type: 6, answer: 'valid' },
    ])
    t.match((await agent.status()).witnesses, [{ name: 'other', cosigned: { size: 5 } }])

    await other.centre.stop()
    await box.append(4)
    await until(followed, () => sizesBy(followed, 'centre.test').includes(9))
    await until(followed, async () => {
      const [one] = (await agent.status()).witnesses
      return JSON.stringify(one?.lastHead).includes("can't be reached")
    })
    t.notOk(sizesBy(followed, OTHER).includes(9))
    const figures = await agent.registry.metrics()
    t.match(figures, /witness_heads_total\{[^}]*witness="other"[^}]*outcome="witness-unreachable"/)
    t.match(figures, /probant_agent_witness_size\{[^}]*\} 5/)
    followed.stop()
    await running
    t.same((await agent.status()).findings, [], 'to be away is no contradiction')
  },
)

await t.test('a witness that saw another history under the same key', async (t) => {
  const followed = await twoWitnesses(t)
  const { box, agent, other, appliance, centre } = followed
  const forged = await box.sign(4, new Uint8Array(32).fill(1))
  const body = formatAddCheckpoint({ oldSize: 0, proof: [], note: forged })
  t.match(await other.addCheckpoint(body), { status: 200 })
  await box.append(7)
  const running = agent.run()
  await until(followed, () => appliance.findings.length > 0)
  await until(followed, () => sizesBy(followed, 'centre.test').length > 3)
  followed.stop()
  await running
  t.match(appliance.findings, [{ kind: 'fork', expected: /^the 4 traces that the witness other/ }])
  t.equal(appliance.findings.length, 1, 'said once')
  t.same(sizesBy(followed, OTHER), [])
  t.same(await centre.kinds('box-7'), [], 'the centre saw one history')
})

await t.test('the same length with another root', async (t) => {
  const followed = await twoWitnesses(t)
  const { box, agent, other, appliance } = followed
  await box.append(4)
  const forged = await box.sign(4, new Uint8Array(32).fill(1))
  const body = formatAddCheckpoint({ oldSize: 0, proof: [], note: forged })
  t.match(await other.addCheckpoint(body), { status: 200 })
  const running = agent.run()
  await until(followed, () => appliance.findings.length > 0)
  followed.stop()
  await running
  t.match(appliance.findings, [{ kind: 'fork' }])
  t.same(await other.kinds('box-7'), ['fork'], 'the witness holds both')
})

await t.test(
  'a witness that forgot is told of, and served; a box that lost traces too',
  async (t) => {
    const followed = await twoWitnesses(t)
    const { box, agent, other, appliance } = followed
    await box.append(5)
    const running = agent.run()
    await until(followed, () => sizesBy(followed, OTHER).includes(5))
    await other.database.query(
      `UPDATE centre.origins SET witnessed_size = 0, witnessed_root = NULL, witnessed_note = NULL`,
    )
    await box.append(5)
    await until(followed, () => sizesBy(followed, OTHER).includes(10))
    t.match(appliance.findings, [{ kind: 'supervisor-rollback', found: 'cosigned size 0' }])
    await box.database.query('DELETE FROM journal.checkpoints WHERE size > 5')
    await until(followed, () =>
      appliance.findings.some((one) =>
        /which the witness other witnessed/.test(JSON.stringify(one)),
      ),
    )
    followed.stop()
    await running
  },
)

await t.test('one checkpoint a round, whatever is signed meanwhile', async (t) => {
  const { box, centre } = await followedBox(t)
  const database = createPool({ ...box.reader, max: 1 })
  const round = new Round(new JournalReader(database), centre.clock, 60)
  const sizes = async () => [(await round.head(0))?.size, (await round.head(7))?.size]
  await box.append(5)
  t.same(await sizes(), [5, 5])
  await box.append(5)
  t.same(await sizes(), [5, 10], 'the newest where more was cosigned already')
  centre.clock.advance(60_000)
  t.same(await sizes(), [10, 10])
  await database.close()
})
