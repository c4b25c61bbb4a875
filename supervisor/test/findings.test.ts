import { encodeSegment, parseNote, toHex } from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { MAX_SEGMENT_BYTES } from '@probant/shipping'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { TestBox } from './support/box.ts'
import { TestCentre } from './support/centre.ts'
import { onlyFinding, worked } from './support/findings.ts'

let centre: TestCentre

t.before(async () => {
  centre = await TestCentre.start(t)
})

void t.test('a byte of a trace that is not shipped yet', async (t) => {
  const followed = await worked(centre, 'unshipped')
  followed.box.flip(12)
  const answers = await centre.ship(followed)
  t.match(answers.at(-1), { status: 422, findings: [{ kind: 'altered-trace', seq: 12 }] })
  t.equal(answers.at(-1)?.receipt, undefined, 'no receipt')
  const finding = await onlyFinding(t, centre, 'unshipped', 'altered-trace', 12)
  t.ok(finding.evidence.found, 'the segment is kept')
  await centre.ship(followed)
  t.equal((await centre.findings('unshipped')).length, 1, 'the same fact again is no other finding')
})

void t.test('a byte of a trace that was shipped, its head unchanged', async (t) => {
  const followed = await worked(centre, 'shipped')
  const before = followed.box.traces[4] ?? new Uint8Array()
  followed.box.flip(4)
  const agent = await centre.connect(followed)
  const [asked] = agent.welcome?.challenge.segments ?? []
  t.same(asked, { start: 0, end: 10 })
  const answer = await agent.segment('challenge', followed.box.segment(0, 10))
  t.match(answer, { status: 422, findings: [{ kind: 'altered-trace', seq: 4 }] })
  await agent.bye()
  const finding = await onlyFinding(t, centre, 'shipped', 'altered-trace', 4)
  t.equal(finding.evidence.expected, toHex(nodeCrypto.hash('sha256', before)))
  const kept = await centre.centre.context.bytes.get(
    Buffer.from(finding.evidence.found ?? '', 'hex'),
  )
  t.same(kept, followed.box.traces[4], 'both sides are kept')
})

void t.test(
  'a trace deleted in the middle, two reordered, one replayed: each is told apart',
  async (t) => {
    const cases: [string, string, number, (traces: Uint8Array[]) => void][] = [
      ['gap', 'gap', 6, (traces) => traces.splice(6, 1)],
      [
        'reordered',
        'reordered',
        6,
        (traces) => traces.splice(6, 2, ...traces.slice(6, 8).reverse()),
      ],
      ['duplicated', 'duplicated', 7, (traces) => traces.splice(7, 1, ...traces.slice(6, 7))],
    ]
    for (const [boxId, kind, seq, tamper] of cases) {
      const followed = await worked(centre, boxId)
      const { box } = followed
      const checkpoint = box.checkpoint(10)
      tamper(box.traces)
      const agent = await centre.connect(followed)
      const traces = box.traces.slice(0, boxId === 'gap' ? 9 : 10)
      const state = box.stateAt(0)
      const bytes = encodeSegment({
        origin: box.origin,
        start: 0,
        prev: state.prev,
        range: [],
        sha3Chain: state.sha3.head,
        sha3Range: [],
        traces,
        checkpoint,
      })
      t.match(await agent.segment('challenge', bytes), { status: 422 }, boxId)
      await agent.bye()
      await onlyFinding(t, centre, boxId, kind, seq)
    }
  },
)

void t.test('what was asked for once more is kept back', async (t) => {
  const followed = await worked(centre, 'kept-back')
  const agent = await centre.connect(followed)
  t.equal((await agent.segment('shipment', followed.box.segment(10))).status, 200)
  await agent.bye()
  await onlyFinding(t, centre, 'kept-back', 'altered-trace', 0)
})

void t.test('the same, but the line was cut: nobody is accused', async (t) => {
  const followed = await worked(centre, 'cut')
  const agent = await centre.connect(followed)
  t.equal((await agent.segment('shipment', followed.box.segment(10))).status, 200)
  agent.cut()
  await centre.head(followed)
  t.same(await centre.kinds('cut'), [])
})

void t.test('the newest traces deleted after their head was witnessed', async (t) => {
  const followed = await worked(centre, 'truncated')
  await centre.head(followed)
  const size = followed.box.size
  followed.box.rewind(size - 3)
  t.match(await centre.head(followed, size), { status: 409, size })
  const finding = await onlyFinding(t, centre, 'truncated', 'truncated', size - 3)
  t.ok(finding.evidence.expected && finding.evidence.found, 'both checkpoints are kept')
  await centre.head(followed, size)
  t.equal((await centre.findings('truncated')).length, 1)
})

void t.test('the newest traces deleted, their checkpoint left in place', async (t) => {
  const followed = await worked(centre, 'tail')
  const { box } = followed
  const checkpoint = box.checkpoint()
  await centre.head(followed)
  box.traces.splice(10)
  const agent = await centre.connect(followed, 15)
  t.equal((await agent.segment('challenge', box.segment(0, 10))).status, 200)
  const answer = await agent.segment('shipment', box.segment(0, 10, checkpoint))
  t.match(answer, { status: 422, findings: [{ kind: 'truncated', seq: 10 }] })
  await agent.bye()
  await onlyFinding(t, centre, 'tail', 'truncated', 10)
})

void t.test('the newest of what was shipped deleted, their checkpoint left in place', async (t) => {
  const followed = await worked(centre, 'shipped-tail')
  const { box } = followed
  const checkpoint = box.checkpoint(10)
  box.traces.splice(7)
  const agent = await centre.connect(followed, 15)
  const answer = await agent.segment('shipment', box.segment(0, 7, checkpoint))
  t.match(answer, { status: 422, findings: [{ kind: 'truncated', seq: 7 }] })
  t.equal(answer.receipt, undefined, 'no receipt for what is left')
  agent.cut()
  await onlyFinding(t, centre, 'shipped-tail', 'truncated', 7)
})

void t.test('an older copy of the whole database', async (t) => {
  const followed = await worked(centre, 'rolled-back')
  const old = followed.box.copy()
  followed.box.acts(4)
  await centre.head(followed)
  const restored = { ...followed, box: old }
  t.match(await centre.head(restored), { status: 409 })
  await onlyFinding(t, centre, 'rolled-back', 'rollback', old.size)
})

void t.test('an older copy that works until it is as long as before', async (t) => {
  const followed = await worked(centre, 'caught-up')
  const old = followed.box.copy()
  followed.box.acts(4)
  await centre.head(followed)
  old.acts(4, { act: 'read' })
  const restored = { ...followed, box: old }
  t.match(await centre.head(restored), { status: 409, size: old.size })
  const finding = await onlyFinding(t, centre, 'caught-up', 'fork', null)
  t.ok(finding.evidence.expected && finding.evidence.found, 'both signed heads are kept')
})

void t.test(
  'an older copy that is longer than before: no cosignature, then the leaves decide',
  async (t) => {
    const followed = await worked(centre, 'overtaken')
    const old = followed.box.copy()
    followed.box.acts(2)
    await centre.head(followed)
    old.acts(6, { act: 'read' })
    const restored = { ...followed, box: old }
    const refused = await centre.head(restored)
    t.match(refused, { status: 422 })
    t.equal(refused.lines, undefined, 'not cosigned')
    t.same(await centre.kinds('overtaken'), ['rollback'])
    const answers = await centre.ship(restored)
    t.match(answers.at(-1), { status: 422, findings: [{ kind: 'fork' }] })
    t.same((await centre.kinds('overtaken')).sort(), ['fork', 'rollback'])
  },
)

void t.test('a clone ships other traces for places that are stored already', async (t) => {
  const followed = await worked(centre, 'clone')
  const twin = followed.box.copy()
  twin.rewind(8)
  twin.acts(4, { act: 'read' })
  const agent = await centre.connect(followed)
  const answer = await agent.segment('shipment', twin.segment(0))
  t.match(answer, { status: 422, findings: [{ kind: 'fork', seq: 8 }] })
  await agent.bye()
  t.ok((await centre.kinds('clone')).includes('fork'))
})

void t.test('other keys, other boxes, forged signatures', async (t) => {
  const swapped = await worked(centre, 'swapped')
  swapped.box.swapKey()
  t.match(await centre.head(swapped), { status: 403 })
  await onlyFinding(t, centre, 'swapped', 'wrong-key', null)

  const forged = await worked(centre, 'forged')
  const note = parseNote(forged.box.checkpoint())
  const other = parseNote(forged.box.checkpoint(3))
  const agent = await centre.connect(forged)
  const lines = other.signatures.map(({ line }) => line).join('\n')
  t.match(await agent.head(forged.box, { note: `${note.text}\n${lines}\n` }), { status: 403 })
  await agent.bye()
  await onlyFinding(t, centre, 'forged', 'bad-checkpoint-signature', null)

  const elsewhere = await worked(centre, 'elsewhere')
  const foreign = { ...elsewhere, box: new TestBox('elsewhere', 'another/1') }
  await t.rejects(centre.connect(foreign), /not the journal/)
  await onlyFinding(t, centre, 'elsewhere', 'wrong-box', null)

  const restored = await worked(centre, 'restored')
  const incarnation = { ...restored, box: new TestBox('restored', 'restored/2') }
  await t.rejects(centre.connect(incarnation), /not the journal/)
  await onlyFinding(t, centre, 'restored', 'undeclared-restore', null)
})

void t.test('what exceeds the limits, or is no segment at all', async (t) => {
  const bomb = await worked(centre, 'bomb')
  const first = await centre.connect(bomb)
  const zeros = Buffer.concat([Buffer.of(0), gzipSync(Buffer.alloc(MAX_SEGMENT_BYTES * 4))])
  await first.channel.send('segment', zeros)
  t.match(await first.read('segment-answer'), { status: 422, findings: [{ kind: 'oversized' }] })
  await first.bye()
  t.ok((await centre.kinds('bomb')).includes('oversized'))

  const garbage = await worked(centre, 'garbage')
  const second = await centre.connect(garbage)
  const answer = await second.segment('shipment', new TextEncoder().encode('PBNTSEG2 and no more'))
  t.match(answer, { status: 422, findings: [{ kind: 'broken-chain' }] })
  await second.bye()

  const long = await worked(centre, 'long')
  long.box.act({ data: { text: 'x'.repeat(59_000) } })
  const bytes = long.box.traces.at(-1) ?? new Uint8Array()
  const longer = Buffer.concat([bytes, Buffer.alloc(2000, 0x20)])
  long.box.traces[long.box.size - 1] = new Uint8Array(longer)
  const third = await centre.connect(long)
  t.match(await third.segment('shipment', long.box.segment(10)), {
    status: 422,
    findings: [{ kind: 'oversized', seq: 15 }],
  })
  await third.bye()
})

void t.test('no finding of an attack on what honest boxes live through', async (t) => {
  const followed = await worked(centre, 'honest')
  const { box } = followed
  // a segment twice, whole and longer
  const agent = await centre.connect(followed)
  for (const { start, end } of agent.welcome?.challenge.segments ?? [])
    await agent.segment('challenge', box.segment(start, end))
  const first = await agent.segment('shipment', box.segment(10))
  const again = await agent.segment('shipment', box.segment(10))
  t.equal(again.receipt, first.receipt, 'the stored receipt again')
  box.acts(3)
  const longer = await agent.segment('shipment', box.segment(10))
  t.match(longer, { status: 200, size: box.size }, 'the overlap is compared, the rest taken')
  t.match(await agent.segment('shipment', box.segment(box.size - 1)), { status: 200 })
  t.match(
    await agent.segment('shipment', box.segment(0, 7)),
    { status: 200 },
    'old ones, cut otherwise',
  )
  // a new connection before the old one knows that it is dead, which then delivers an older head
  const old = box.checkpoint(12)
  const newer = await centre.connect(followed)
  box.acts(1)
  t.equal((await newer.head(box)).status, 200)
  await t.rejects(agent.head(box, { oldSize: 0, note: old }), /newer session/)
  await newer.bye()
  // restart of the centre, then the night goes on
  box.acts(2)
  await centre.restart()
  t.ok((await centre.ship(followed)).every(({ status }) => status === 200))
  // a witness that was asked with an old size answers with its own
  const late = await centre.connect(followed)
  box.acts(1)
  t.match(await late.head(box, { oldSize: 3 }), { status: 409, size: box.size - 1 })
  await late.bye()
  t.same(await centre.kinds('honest'), [])
})
