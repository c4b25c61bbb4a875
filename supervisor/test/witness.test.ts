import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  equalBytes,
  formatNote,
  parseNote,
  parseVkey,
  toBase64,
  verifyCosignatures,
} from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { formatAddCheckpoint } from '@probant/shipping'
import t, { type Test } from 'tap'
import { addOrigin } from '../src/commands/witness.ts'
import { newAgentKey, TestAgent } from './support/agent.ts'
import { TestBox } from './support/box.ts'
import { enrolmentOf, TestCentre } from './support/centre.ts'

/** A centre that witnesses the box of another. */
async function witness(t: Test) {
  const centre = await TestCentre.start(t)
  const box = new TestBox('elsewhere')
  const folder = await mkdtemp(join(tmpdir(), 'probant-witness-'))
  const settings = join(folder, 'supervisor.json')
  await writeFile(settings, JSON.stringify(centre.settings), { mode: 0o600 })
  t.teardown(() => rm(folder, { recursive: true }))
  return {
    centre,
    box,
    add: (vkey = box.vkey) => addOrigin(settings, vkey, 'Box of another centre'),
    ask: async (oldSize: number, of = box, note = of.checkpoint()) => {
      const proof = oldSize < of.size ? await of.proof(oldSize) : []
      const body = formatAddCheckpoint({ oldSize, proof: proof.map(toBase64), note })
      return centre.addCheckpoint(body)
    },
  }
}

void t.test('cosigns what extends what it cosigned, of journals that it was told of', async (t) => {
  const { centre, box, add, ask } = await witness(t)
  box.acts(4)
  t.match(await ask(0), { status: 404 }, 'not told yet')
  t.equal(await add(), 0)
  t.equal(await add(), 0, 'told again')
  const first = await ask(0)
  t.equal(first.status, 200)
  const lines = first.text.split('\n').slice(0, -1)
  const keys = centre.initialised.witnessKeys.map((vkey) => parseVkey(vkey, nodeCrypto))
  const cosigned = parseNote(formatNote(parseNote(box.checkpoint()).text, lines))
  t.match(await verifyCosignatures(nodeCrypto, cosigned, keys), [
    { type: 4, answer: 'valid' },
    { type: 6, answer: 'valid' },
  ])
  t.same(await ask(0), { status: 409, type: 'text/x.tlog.size', text: '5\n' }, 'its size')
  t.same(await ask(5), first, 'again, with the size that it knows')
  box.acts(3)
  t.match(await ask(4), { status: 409, text: '5\n' })
  t.match(await ask(5), { status: 200 })
  t.match(await ask(8, box, box.checkpoint(5)), { status: 400 }, 'old is beyond the checkpoint')
  const { body } = await centre.api('GET', '/boxes/elsewhere')
  t.match(body, { name: 'Box of another centre', witnessedOnly: true, lastHead: { size: 8 } })
  t.match(body, { state: 'ok', nextDeadline: null })
  centre.centre.context.wake()
  t.match(await centre.entriesOf('witnessed-origin-added'), [{ data: { origin: 'elsewhere/1' } }])
  await centre.pass(2 * 86_400_000)
  t.same(await centre.kinds('elsewhere'), [], 'nothing else is expected of it')
})

void t.test('what anybody could bring is refused, and held against nobody', async (t) => {
  const { centre, box, add, ask } = await witness(t)
  await add()
  box.acts(9)
  t.equal((await ask(0)).status, 200)
  t.match(await ask(3, box, box.checkpoint(3)), { status: 409, text: '10\n' }, 'an old head')
  box.acts(5)
  const other = new TestBox('elsewhere')
  other.acts(14, { act: 'read' })
  t.match(await ask(10, other), { status: 403 }, 'another key')
  const proof = (await other.proof(10)).map(toBase64)
  const head = { oldSize: 10, proof, note: box.checkpoint() }
  t.match(await centre.addCheckpoint(formatAddCheckpoint(head)), { status: 422 }, 'no proof')
  t.match(await centre.addCheckpoint('old 10\n'), { status: 400 })
  t.match(await centre.addCheckpoint(`old 10\n\n${'x'.repeat(100_000)}`), { status: 413 })
  const foreign = new TestBox('stranger')
  t.match(await ask(0, foreign), { status: 404 })
  t.same(await centre.kinds('elsewhere'), [])
  t.match(await ask(10), { status: 200 }, 'it goes on')
})

void t.test('two histories under one signature: one is cosigned, and it is told', async (t) => {
  const { centre, box, add, ask } = await witness(t)
  await add()
  box.acts(4)
  const clone = box.copy()
  clone.act({ act: 'read' })
  box.act()
  t.notOk(equalBytes(box.rootAt(6), clone.rootAt(6)))
  const answers = await Promise.all([ask(0), ask(0, clone), ask(0), ask(0, clone)])
  const statuses = answers.map(({ status }) => status)
  const cosigned = statuses.flatMap((status, at) => (status === 200 ? [at % 2] : []))
  t.equal(new Set(cosigned).size, 1, `one of both: ${statuses.join()}`)
  const [refused, kept] = cosigned[0] === 0 ? [clone, box] : [box, clone]
  t.match(await ask(6, refused), { status: 409 })
  t.same(await centre.kinds('elsewhere'), ['fork'])
  refused.acts(3)
  t.match(await ask(6, refused), { status: 422 })
  kept.acts(3)
  t.match(await ask(6, kept), { status: 200 })
  t.match(await centre.alerts(), [{ box: 'elsewhere', kind: 'fork' }])
})

void t.test('one journal has one door', async (t) => {
  const { centre, box, add, ask } = await witness(t)
  const followed = await centre.follow('followed')
  t.match(await ask(0, followed.box), { status: 404 }, 'followed here: over SSH alone')
  t.equal(await add(followed.box.vkey), 2)
  t.equal(await add(new TestBox('followed').vkey), 2)
  t.equal(await add(centre.initialised.auditKey), 2, 'not a journal')
  t.equal(await add('nonsense'), 2)
  await add()
  const key = newAgentKey()
  const { status } = await centre.api('POST', '/enrolments', enrolmentOf(box, key))
  t.not(status, 201)
  await t.rejects(TestAgent.connect(centre.centre.ports.ssh, box.boxId, key))
})
