import t from 'tap'
import { TestAgent } from './support/agent.ts'
import { TestCentre } from './support/centre.ts'
import { onlyFinding, worked } from './support/findings.ts'

// What a box says of itself, by its traces and in its greetings.

let centre: TestCentre

t.before(async () => {
  centre = await TestCentre.start(t)
})

void t.test('what the box found altered, once however often it finds it', async (t) => {
  const failing = await worked(centre, 'failing')
  const object = '11111111-2222-4333-8444-555555555555'
  const recomputed = {
    act: 'full-recomputation',
    outcome: 'failed',
    data: { traces: 10, objects: 3, firstBadSeq: 4, badObjects: [object], complete: true },
  } as const
  failing.box.act(recomputed)
  t.equal((await centre.ship(failing)).at(-1)?.status, 200, 'stored and receipted')
  const finding = await onlyFinding(t, centre, 'failing', 'integrity-failure-on-box', 4)
  t.match(finding.found, object)
  failing.box.act(recomputed)
  await centre.ship(failing)
  t.equal((await centre.findings('failing')).length, 1, 'the same objects the next night')
})

void t.test('what only the box can find is raised by its own name', async (t) => {
  const named = await worked(centre, 'named')
  const object = '11111111-2222-4333-8444-555555555555'
  const difference = (kind: string, firstBadSeq: number | null, objects: string[]) => ({
    ...{ kind, firstBadSeq, objects },
    expected: 'the object as it was deposited',
    found: 'trace 3 is not its deposit',
  })
  const recomputed = { act: 'full-recomputation', outcome: 'failed' } as const
  const whole = { traces: 10, objects: 3, firstBadSeq: 3, badObjects: [object], complete: true }
  const kinds = [
    'tiles-altered',
    'metadata-altered',
    'policy-altered',
    'unjournalled-object',
    'destroyed-key-revived',
  ]
  const differences = kinds.map((kind) => difference(kind, 3, [object]))
  named.box.act({ ...recomputed, data: { ...whole, differences } })
  t.equal((await centre.ship(named)).at(-1)?.status, 200, 'stored and receipted')
  const found = await centre.findings('named')
  t.same(found.map(({ kind }) => kind).sort(), [...kinds].sort(), 'and by no other')
  for (const finding of found) {
    t.equal(finding.seq, 3)
    t.match(finding.found, object)
  }
  const mixed = [difference('gap', 5, []), difference('metadata-altered', 3, [object])]
  named.box.act({ ...recomputed, data: { ...whole, differences: mixed } })
  await centre.ship(named)
  const rest = (await centre.findings('named')).find(
    ({ kind }) => kind === 'integrity-failure-on-box',
  )
  t.match(rest, { seq: 5, found: 'trace 5' }, 'all else in one, and the same fact once')
  t.equal((await centre.findings('named')).length, 6)
  const told = { kind: 'tiles-altered', seq: null, expected: 'nodes', found: 'other hashes' }
  named.box.act({ act: 'agent-finding', data: told })
  await centre.ship(named)
  t.equal((await centre.findings('named')).length, 7, 'the agent’s word counts as well')
})

void t.test('the end of its seal certificate, at each reminder', async (t) => {
  const sealed = await worked(centre, 'sealed')
  const ends = { certificate: 'ab'.repeat(32), notAfter: '2026-06-01T12:00:00.000Z' }
  sealed.box.act({ act: 'seal-certificate-expiring', data: { ...ends, days: 90 } })
  sealed.box.act({
    act: 'seal-certificate-expiring',
    data: { ...ends, certificate: 'x', days: 7 },
  })
  t.equal((await centre.ship(sealed)).at(-1)?.status, 200, 'stored and receipted')
  const end = await onlyFinding(t, centre, 'sealed', 'seal-certificate-expiring', null)
  t.match(end.found, /expires at 2026-06-01T12:00:00.000Z, in less than 90 days/)
  sealed.box.act({ act: 'seal-certificate-expired', data: ends })
  await centre.ship(sealed)
  t.same(
    (await centre.findings('sealed')).map(({ kind }) => kind),
    ['seal-certificate-expiring', 'seal-certificate-expiring'],
    'each reminder once',
  )
})

void t.test('no token of an authority outside for longer than its limit', async (t) => {
  const undated = await worked(centre, 'undated')
  const told = { overdue: true, lastToken: null, limitHours: 24, reason: 'no-quorum' }
  const attempt = { act: 'checkpoint-dated', outcome: 'failed' } as const
  undated.box.act({ ...attempt, data: { ...told, overdue: false } })
  undated.box.act({ ...attempt, data: { ...told, lastToken: 'yesterday' } })
  await centre.ship(undated)
  t.equal((await centre.findings('undated')).length, 0, 'one failed attempt is no alarm')
  undated.box.act({ ...attempt, data: told })
  t.equal((await centre.ship(undated)).at(-1)?.status, 200, 'stored and receipted')
  t.match(
    (await onlyFinding(t, centre, 'undated', 'outside-token-missing', null)).found,
    /never was one/,
  )
})

void t.test('outside tokens near their end that nothing renewed', async (t) => {
  const ageing = await worked(centre, 'ageing')
  const told = { ends: '2026-06-01T12:00:00.000Z', records: 3, reason: 'no-quorum' }
  const attempt = { act: 'evidence-renewed', outcome: 'failed' } as const
  ageing.box.act({ ...attempt, data: { ...told, stage: 'early' } })
  ageing.box.act({ ...attempt, data: { ...told, stage: 'near', records: 0 } })
  ageing.box.act({ ...attempt, data: { ...told, stage: 'near', ends: 'soon' } })
  await centre.ship(ageing)
  t.equal((await centre.findings('ageing')).length, 0, 'there is time left')
  ageing.box.act({ ...attempt, data: { ...told, stage: 'near' } })
  t.equal((await centre.ship(ageing)).at(-1)?.status, 200, 'stored and receipted')
  const finding = await onlyFinding(t, centre, 'ageing', 'evidence-renewal-missing', null)
  t.match(finding.expected, /renewed before 2026-06-01T12:00:00.000Z/)
})

void t.test('a clock set back, and the traces are kept', async (t) => {
  const back = await worked(centre, 'set-back')
  back.box.act({ timeMs: Date.UTC(2026, 0, 4) })
  t.equal((await centre.ship(back)).at(-1)?.status, 200)
  await onlyFinding(t, centre, 'set-back', 'clock-regression', 15)
  back.box.acts(2)
  t.equal((await centre.ship(back)).at(-1)?.status, 200, 'and it goes on')
})

for (const { what, boxId, word, kind, why } of [
  {
    what: 'a box that says it journals no more, until it does',
    boxId: 'stopped',
    word: 'stoppedBecause',
    kind: 'journalling-stopped',
    why: 'the journal key does not sign',
  },
  {
    what: 'a box that says it can prove no deposits, until it can',
    boxId: 'unproved',
    word: 'depositsStoppedBecause',
    kind: 'deposits-stopped',
    why: 'the archive key does not sign',
  },
])
  void t.test(what, async (t) => {
    const followed = await worked(centre, boxId)
    const agent = await TestAgent.connect(centre.centre.ports.ssh, boxId, followed.key)
    await agent.hello(followed.box, { boxTimeMs: centre.clock.nowMs(), [word]: why })
    await agent.bye()
    const finding = await onlyFinding(t, centre, boxId, kind, null)
    t.match(finding.found, why)
    t.notOk(finding.resolvedAt)
    await centre.head(followed)
    t.ok((await centre.findings(boxId))[0]?.resolvedAt)
  })

void t.test('a clock that is off, until it is right again', async (t) => {
  const followed = await worked(centre, 'skewed')
  const ports = centre.centre.ports
  const agent = await TestAgent.connect(ports.ssh, 'skewed', followed.key)
  await agent.hello(followed.box, { boxTimeMs: centre.clock.nowMs() + 3_600_000 })
  await agent.bye()
  const finding = await onlyFinding(t, centre, 'skewed', 'clock-skew', null)
  t.notOk(finding.resolvedAt)
  await centre.head(followed)
  t.ok((await centre.findings('skewed'))[0]?.resolvedAt)
})
