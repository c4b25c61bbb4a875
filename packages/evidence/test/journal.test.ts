import fc from 'fast-check'
import t from 'tap'
import {
  canonicalBytes,
  CompactRange,
  copyJournalState,
  emptyJournalState,
  formatCheckpointText,
  formatNote,
  formatTrace,
  fromUtf8,
  isJsonObject,
  journalStateFromJson,
  journalStateToJson,
  JournalVerifier,
  parseCanonical,
  parseNote,
  parseTrace,
  toHex,
  utf8,
  verifySegment,
} from '../src/index.ts'
import type { Finding, JsonValue, Segment, Trace, VerifierKey } from '../src/index.ts'
import { cosign, signNote, testBoot, TestJournal } from './journal-world.ts'
import { checkProperty } from './property.ts'
import { testCrypto as crypto, testSigner, withoutAlgorithm } from './test-crypto.ts'

const size = 25

/** A journal whose stored bytes can be tampered with; its checkpoint is of what was written. */
function written(): { journal: TestJournal; segment: Segment; traces: Uint8Array[] } {
  const journal = new TestJournal().fill(size)
  const segment = journal.segment()
  return { journal, segment, traces: [...segment.traces] }
}

async function findingsOf(
  segment: Segment,
  keys: readonly VerifierKey[],
  state = emptyJournalState(crypto, segment.origin),
): Promise<readonly Finding[]> {
  const verified = await verifySegment(crypto, state, segment, keys)
  t.equal(verified.state === state, verified.findings.length > 0, 'goes on only when all is well')
  return verified.findings
}

/** Kinds and seqs, which is what a drill asserts. */
function brief(findings: readonly Finding[]): (string | number | null)[][] {
  return findings.map((finding) => [finding.kind, finding.seq])
}

/** The findings after the stored traces were changed and the checkpoint was not. */
async function tamper(
  change: (traces: Uint8Array[], journal: TestJournal) => Uint8Array[],
): Promise<(string | number | null)[][]> {
  const { journal, segment, traces } = written()
  const changed = { ...segment, traces: change(traces, journal) }
  const findings = await findingsOf(changed, journal.keys)
  for (const finding of findings) t.equal(finding.answer, 'invalid')
  return brief(findings)
}

/** The same JSON with other members. */
function edited(bytes: Uint8Array | undefined, changes: Record<string, JsonValue>): Uint8Array {
  const value = parseCanonical(bytes ?? new Uint8Array(0))
  return canonicalBytes(isJsonObject(value) ? { ...value, ...changes } : changes)
}

function at(traces: readonly Uint8Array[], seq: number): Uint8Array {
  const bytes = traces[seq]
  if (bytes === undefined) throw new Error(`no trace ${seq}`)
  return bytes
}

void t.test('a journal in order', async (t) => {
  const { journal, segment } = written()
  const empty = emptyJournalState(crypto, journal.origin)
  const { state, recomputed, findings } = await verifySegment(crypto, empty, segment, journal.keys)
  t.same(findings, [])
  t.equal(state, recomputed)
  t.equal(state.size, size)
  t.equal(empty.size, 0, 'the state given is not changed')
  t.equal(toHex(state.range.root()), toHex(journal.root()))
  t.equal(state.lastBoot, testBoot)

  await t.test('goes on from a state, stored and read again', async (t) => {
    journal.fill(45)
    const stored = parseCanonical(canonicalBytes(journalStateToJson(state)))
    const read = journalStateFromJson(crypto, stored)
    const next = await verifySegment(crypto, read, journal.segment(size), journal.keys)
    t.same(next.findings, [])
    t.equal(next.state.size, 45)
    t.equal(copyJournalState(next.state).size, 45)
    const start = journalStateToJson(emptyJournalState(crypto, 'a/1'))
    t.same(journalStateToJson(journalStateFromJson(crypto, start)), start)
    t.throws(() => journalStateFromJson(crypto, { origin: 'a/1' }), { name: 'EvidenceError' })
  })

  await t.test('trace by trace', async (t) => {
    const verifier = new JournalVerifier(crypto, empty)
    for (const trace of journal.traces) t.same(verifier.append(trace), [])
    t.equal(verifier.size, journal.size)
    t.same(await verifier.checkpoint(journal.checkpoint(), journal.keys), [])
    t.same(verifier.finish(), [])
    t.equal(toHex(verifier.root), toHex(journal.root()))
    t.equal(verifier.state.size, journal.size)
  })
})

void t.test('what an attacker does to stored traces', async (t) => {
  const cases: [string, (string | number)[][], Parameters<typeof tamper>[0]][] = [
    [
      'one byte of the content',
      [['altered-trace', 7]],
      (traces) => traces.with(7, edited(traces[7], { act: 'reab' })),
    ],
    [
      'the first trace',
      [['altered-trace', 0]],
      (traces) => traces.with(0, edited(traces[0], { outcome: 'failed' })),
    ],
    [
      'the last trace, which no chain protects',
      [['altered-trace', 24]],
      (traces) => traces.with(24, edited(traces[24], { act: 'list' })),
    ],
    [
      'its own prev',
      [['altered-trace', 8]],
      (traces) => traces.with(8, edited(traces[8], { prev: 'ab'.repeat(32) })),
    ],
    [
      'prev of the last',
      [['altered-trace', 24]],
      (traces) => traces.with(24, edited(traces[24], { prev: 'ab'.repeat(32) })),
    ],
    [
      'prev of the first trace after 0',
      [['altered-trace', 1]],
      (traces) => traces.with(1, edited(traces[1], { prev: 'ab'.repeat(32) })),
    ],
    [
      'its own seq, to a later one',
      [['altered-trace', 6]],
      (traces) => traces.with(6, edited(traces[6], { seq: 16 })),
    ],
    [
      'its own seq, to an earlier one',
      [['altered-trace', 6]],
      (traces) => traces.with(6, edited(traces[6], { seq: 2 })),
    ],
    [
      'the seq of the last',
      [['altered-trace', 24]],
      (traces) => traces.with(24, edited(traces[24], { seq: 29 })),
    ],
    ['so that it is no JSON', [['altered-trace', 12]], (traces) => traces.with(12, utf8('{'))],
    [
      'so that it is not canonical',
      [['altered-trace', 12]],
      (traces) => traces.with(12, utf8(` ${fromUtf8(at(traces, 12))}`)),
    ],
    [
      'its origin',
      [['altered-trace', 5]],
      (traces) => traces.with(5, edited(traces[5], { origin: 'box-7f3b/1' })),
    ],
    [
      'its time, far back',
      [['altered-trace', 5]],
      (traces) => traces.with(5, edited(traces[5], { time: '2025-01-01T00:00:00.000Z' })),
    ],
    [
      'its format, up and down',
      [
        ['altered-trace', 5],
        ['altered-trace', 8],
      ],
      (traces) =>
        traces.with(5, edited(traces[5], { format: 2 })).with(8, edited(traces[8], { format: 0 })),
    ],
    [
      'a seal',
      [['altered-trace', 19]],
      (traces) => traces.with(19, edited(traces[19], { data: {} })),
    ],
    [
      'two neighbours',
      [
        ['altered-trace', 3],
        ['altered-trace', 4],
      ],
      (traces) =>
        traces
          .with(3, edited(traces[3], { act: 'list' }))
          .with(4, edited(traces[4], { act: 'list' })),
    ],
    ['deletes one', [['gap', 11]], (traces) => traces.toSpliced(11, 1)],
    ['deletes the first', [['gap', 0]], (traces) => traces.slice(1)],
    ['deletes several', [['gap', 5]], (traces) => traces.toSpliced(5, 6)],
    [
      'deletes in two places',
      [
        ['gap', 5],
        ['gap', 15],
      ],
      (traces) => traces.toSpliced(15, 2).toSpliced(5, 1),
    ],
    ['deletes the newest', [['truncated', 22]], (traces) => traces.slice(0, 22)],
    ['deletes all', [['truncated', 0]], () => []],
    ['replays one at once', [['duplicated', 4]], (traces) => traces.toSpliced(5, 0, at(traces, 4))],
    ['replays one later', [['duplicated', 4]], (traces) => traces.toSpliced(15, 0, at(traces, 4))],
    ['replays one at the end', [['duplicated', 4]], (traces) => [...traces, at(traces, 4)]],
    ['replays the first', [['duplicated', 0]], (traces) => [...traces, at(traces, 0)]],
    [
      'inserts another with a seq that is there',
      [['duplicated', 9]],
      (traces) => traces.toSpliced(9, 0, edited(traces[9], { act: 'list' })),
    ],
    [
      'inserts another after the genuine one',
      [['duplicated', 9]],
      (traces) => traces.toSpliced(10, 0, edited(traces[9], { act: 'list' })),
    ],
    [
      'inserts bytes that are no trace',
      [['altered-trace', 9]],
      (traces) => traces.toSpliced(9, 0, utf8('x')),
    ],
    [
      'swaps two neighbours',
      [['reordered', 13]],
      (traces) => traces.with(13, at(traces, 14)).with(14, at(traces, 13)),
    ],
    [
      'swaps two far apart',
      [['reordered', 3]],
      (traces) => traces.with(3, at(traces, 20)).with(20, at(traces, 3)),
    ],
    [
      'swaps the last two',
      [['reordered', 23]],
      (traces) => traces.with(23, at(traces, 24)).with(24, at(traces, 23)),
    ],
    [
      'moves one to the end',
      [['reordered', 6]],
      (traces) => [...traces.toSpliced(6, 1), at(traces, 6)],
    ],
    [
      'appends one that was never signed',
      [['altered-trace', 25]],
      (traces, journal) => [...traces, formatTrace(journal.next())],
    ],
    [
      'makes one too large',
      [['oversized', 10]],
      (traces) => traces.with(10, edited(traces[10], { data: { x: 'x'.repeat(60_000) } })),
    ],
  ]
  for (const [what, expected, change] of cases) t.same(await tamper(change), expected, what)
})

void t.test('duplicates: the same again, or another', async (t) => {
  const { journal, segment, traces } = written()
  const again = { ...segment, traces: traces.toSpliced(5, 0, at(traces, 4)) }
  t.equal((await findingsOf(again, journal.keys))[0]?.found, 'trace 4 again')
  const other = { ...segment, traces: traces.toSpliced(9, 0, edited(traces[9], { act: 'x' })) }
  t.equal((await findingsOf(other, journal.keys))[0]?.found, 'another trace with seq 9')
})

void t.test('rewrites everything after it', async (t) => {
  const { journal, segment } = written()
  const rewritten = new TestJournal(journal.origin, journal.signer)
  for (const bytes of segment.traces) {
    const { act, seq, time, monotonicMs, data } = parseTrace(bytes)
    if (act === 'seal') rewritten.seal()
    else rewritten.append({ time, monotonicMs, data, act: seq === 6 ? 'list' : act })
  }
  const forged = { ...segment, traces: rewritten.traces }
  const findings = await findingsOf(forged, journal.keys)
  t.same(brief(findings), [['altered-trace', 24]], 'the last is certainly another')
  t.same(findings[0]?.range, { from: 0, to: 24 }, 'from where on can not be told')

  const verifier = new JournalVerifier(crypto, emptyJournalState(crypto, journal.origin))
  for (const bytes of rewritten.traces.slice(0, 6)) verifier.append(bytes)
  t.same(await verifier.checkpoint(journal.checkpoint(6), journal.keys), [])
  verifier.append(at(rewritten.traces, 6))
  const [exact] = await verifier.checkpoint(journal.checkpoint(7), journal.keys)
  t.equal(exact?.seq, 6, 'with a checkpoint at each side it can')
  t.equal(exact?.range, undefined)
  t.equal(exact?.since, '2026-03-01T12:00:06.000Z')
})

void t.test('what a box signs although it is wrong', async (t) => {
  const forge = async (write: (journal: TestJournal) => void): Promise<readonly Finding[]> => {
    const journal = new TestJournal().fill(5)
    write(journal)
    return findingsOf(journal.segment(), journal.keys)
  }
  t.same(brief(await forge((j) => j.store(formatTrace(j.next({ seq: 9 }))))), [
    ['altered-trace', 5],
  ])
  t.same(brief(await forge((j) => j.append({ prev: '0'.repeat(64) }))), [['broken-chain', 5]])
  t.same(brief(await forge((j) => j.append({ origin: 'box-7f3b/1' }))), [['wrong-box', 5]])
  t.same(brief(await forge((j) => j.append({ act: 'seal' }))), [['missing-seal', 5]])
  t.same(brief(await forge((j) => j.store(utf8('{}')))), [['altered-trace', 5]])
  t.same(brief(await forge((j) => j.store(edited(at(j.traces, 4), { format: 0 })))), [
    ['format-downgrade', 5],
  ])
  const later = await forge((j) => j.store(edited(at(j.traces, 4), { format: 2 })))
  t.same(brief(later), [['format-downgrade', 5]])
  t.equal(later[0]?.answer, 'cannot-tell')

  const journal = new TestJournal()
  journal.append({ act: 'service-started' })
  t.same(brief(await findingsOf(journal.segment(), journal.keys)), [['broken-chain', 0]])
})

void t.test('seals', async (t) => {
  for (const member of ['size', 'sha3Chain', 'sha3Root']) {
    const journal = new TestJournal().fill(9)
    const honest = new TestJournal().fill(9)
    const { data } = parseTrace(honest.seal())
    const wrong = member === 'size' ? 7 : 'ab'.repeat(32)
    journal.append({ act: 'seal', data: { ...data, [member]: wrong } })
    journal.append()
    const findings = await findingsOf(journal.segment(), journal.keys)
    t.same(brief(findings), [['broken-chain', 9]], member)
    t.ok(findings[0]?.found.startsWith(member))
  }
  const { segment, journal, traces } = written()
  const altered = { ...segment, traces: traces.with(2, edited(traces[2], { act: 'list' })) }
  t.same(
    brief(await findingsOf(altered, journal.keys)),
    [['altered-trace', 2]],
    'over altered bytes no seal matches: said once',
  )
})

void t.test('seals that do not come', async (t) => {
  const silent = async (
    write: (journal: TestJournal) => void,
  ): Promise<(string | number | null)[][]> => {
    const journal = new TestJournal()
    journal.append()
    journal.pass(3_900_001)
    write(journal)
    return brief(await findingsOf(journal.segment(), journal.keys))
  }
  const minutes = 60_000
  t.same(
    await silent((j) => {
      j.append()
      j.pass(3 * minutes)
      j.append()
      j.append()
    }),
    [['missing-seal', 2]],
  )
  t.same(
    await silent((j) => {
      j.append()
      j.append()
      j.seal()
      j.append()
    }),
    [],
    'a machine that was paused seals when it goes on',
  )
  t.same(
    await silent((j) => {
      j.append({ act: 'service-started' })
      j.pass(3 * minutes)
      j.append()
    }),
    [],
    'nobody seals while the service is down',
  )
  t.same(
    await silent((j) => {
      j.append({ boot: 'f'.repeat(32), monotonicMs: 10 })
      j.append({ boot: 'f'.repeat(32), monotonicMs: 9_000_000 })
    }),
    [],
    'monotonic times of two boots are not compared',
  )
  t.same(
    await silent((j) => {
      j.seal()
      j.append()
      j.pass(3 * minutes)
      j.append()
      j.pass(3 * minutes)
      j.append()
    }),
    [],
    'six minutes after a seal',
  )

  const journal = new TestJournal()
  journal.append()
  journal.pass(3_900_000)
  journal.append()
  const { state } = await verifySegment(
    crypto,
    emptyJournalState(crypto, journal.origin),
    journal.segment(),
    journal.keys,
  )
  journal.pass(3 * minutes)
  journal.append()
  const stored = journalStateFromJson(crypto, journalStateToJson(state))
  t.same(
    brief(await findingsOf(journal.segment(2), journal.keys, stored)),
    [['missing-seal', 2]],
    'what is overdue is remembered from segment to segment',
  )
})

void t.test('clocks', async (t) => {
  const run = async (...fields: Partial<Trace>[]): Promise<(string | number | null)[][]> => {
    const journal = new TestJournal().fill(3)
    for (const each of fields) journal.append(each)
    return brief(await findingsOf(journal.segment(), journal.keys))
  }
  t.same(await run({ time: '2026-03-01T12:00:01.000Z' }, {}), [], 'two seconds back')
  t.same(
    await run({ time: '2026-03-01T12:00:00.999Z' }, {}),
    [['clock-regression', 3]],
    'more than two',
  )
  t.same(
    await run({ time: '2026-03-01T12:00:01.500Z' }, { time: '2026-03-01T12:00:00.500Z' }),
    [['clock-regression', 4]],
    'many small steps back add up',
  )
  t.same(
    await run({ time: '2026-02-01T00:00:00.000Z' }, { time: '2026-02-01T00:00:01.000Z' }),
    [['clock-regression', 3]],
    'found once, where it happened',
  )
  t.same(await run({ time: '2027-01-01T00:00:00.000Z' }), [], 'forward is for others to judge')
  t.same(await run({ monotonicMs: 5 }), [['clock-regression', 3]])
  t.same(await run({ monotonicMs: 5, boot: 'a'.repeat(32) }), [])
})

void t.test('blocks in traces', async (t) => {
  const withBlock = async (critical: boolean): Promise<readonly Finding[]> => {
    const journal = new TestJournal().fill(3)
    journal.append({ blocks: [{ type: 'later', version: 1, critical, content: {} }] })
    journal.append()
    return findingsOf(journal.segment(), journal.keys)
  }
  t.same(await withBlock(false), [])
  const [finding, ...more] = await withBlock(true)
  t.match(finding, { kind: 'format-downgrade', seq: 3, answer: 'cannot-tell' })
  t.match(finding?.expected, 'later version 1')
  t.same(more, [])
})

void t.test('checkpoints', async (t) => {
  const { journal, segment } = written()
  const withNote = (checkpoint: string, keys = journal.keys): Promise<readonly Finding[]> =>
    findingsOf({ ...segment, checkpoint }, keys)
  const { text, signatures } = parseNote(segment.checkpoint)
  const lines = signatures.map((each) => each.line)
  const forged = testSigner(journal.origin, 2)
  const sameId = { ...forged, key: { ...journal.signer.key } }

  t.same(brief(await withNote(signNote(text, sameId))), [['bad-checkpoint-signature', null]])
  t.same(brief(await withNote(signNote(text, forged))), [['wrong-key', null]])
  t.same(brief(await withNote('nothing\n')), [['bad-checkpoint-signature', null]])
  const altered = {
    ...segment,
    traces: segment.traces.with(3, edited(segment.traces[3], { act: 'x' })),
  }
  t.same(
    brief(await findingsOf({ ...altered, checkpoint: signNote(text, forged) }, journal.keys)),
    [
      ['altered-trace', 3],
      ['wrong-key', null],
    ],
    'traces that are wrong come first, then what can be named at no trace',
  )
  const other = formatCheckpointText({ origin: 'box-7f3b/1', size, root: journal.root() })
  t.same(brief(await withNote(signNote(other, journal.signer))), [['wrong-box', null]])
  const otherRoot = formatCheckpointText({
    origin: journal.origin,
    size,
    root: new Uint8Array(32),
  })
  t.same(
    brief(await withNote(signNote(otherRoot, forged))),
    [['wrong-key', null]],
    'a root under another key decides nothing',
  )

  const [unknown] = await withNote(segment.checkpoint, [])
  t.match(unknown, { kind: 'wrong-key', answer: 'cannot-tell' })
  const [unchecked] = (
    await verifySegment(
      withoutAlgorithm('ecdsa-p256-sha256'),
      emptyJournalState(crypto, journal.origin),
      segment,
      journal.keys,
    )
  ).findings
  t.match(unchecked, { kind: 'wrong-key', answer: 'cannot-tell' })

  const witness = testSigner('w', 4)
  const keys = [...journal.keys, witness.key]
  t.same(await withNote(cosign(segment.checkpoint, witness, 1), keys), [])
  const liar = { ...testSigner('w', 4), key: witness.key }
  t.same(
    brief(await withNote(cosign(segment.checkpoint, liar, 1), keys)),
    [['bad-checkpoint-signature', null]],
    'a bad signature by a known witness rejects the note',
  )
  const onlyWitness = parseNote(cosign(segment.checkpoint, witness, 1)).signatures[1]?.line ?? ''
  t.same(
    brief(await withNote(formatNote(text, [onlyWitness]), keys)),
    [['wrong-key', null]],
    "a witness's signature does not stand for the box's",
  )
  t.equal(lines.length, 1)
  const elsewhere = testSigner('box-9/1', 2)
  t.same(
    brief(await withNote(signNote(text, elsewhere), [...journal.keys, elsewhere.key])),
    [['wrong-key', null]],
    "nor another journal's",
  )
})

void t.test('heads without new traces', async (t) => {
  const { journal } = written()
  const empty = emptyJournalState(crypto, journal.origin)
  const verifier = new JournalVerifier(crypto, empty)
  for (const trace of journal.traces) verifier.append(trace)
  t.same(verifier.finish(), [])
  const note = parseNote(journal.checkpoint())
  t.same(await verifier.checkpoint(note, journal.keys), [], 'a note that was parsed already')
  const other = new TestJournal(journal.origin, journal.signer)
  while (other.size < size) other.append()
  t.match(await verifier.checkpoint(other.checkpoint(), journal.keys), [
    { kind: 'altered-trace', seq: null },
  ])
  t.match(await verifier.checkpoint(other.fill(26).checkpoint(), journal.keys), [
    { kind: 'truncated', seq: 25 },
  ])
  const fresh = new JournalVerifier(crypto, empty)
  t.same(fresh.finish(), [])
  t.equal(fresh.state.size, 0)
})

void t.test('headers of segments', async (t) => {
  const journal = new TestJournal().fill(40)
  const empty = emptyJournalState(crypto, journal.origin)
  const { state } = await verifySegment(crypto, empty, journal.segment(0, 25), journal.keys)
  const segment = journal.segment(25)
  t.same(await findingsOf(segment, journal.keys, state), [])
  const zero = new Uint8Array(32)
  const claims: Partial<Segment>[] = [
    { prev: zero },
    { sha3Chain: zero },
    { range: segment.range.with(1, zero) },
    { range: [] },
    { sha3Range: segment.sha3Range.with(0, zero) },
  ]
  for (const claim of claims) {
    const findings = await findingsOf({ ...segment, ...claim }, journal.keys, state)
    t.same(brief(findings), [['broken-chain', 25]], Object.keys(claim).join())
  }
  t.same(brief(await findingsOf(segment, journal.keys, empty)), [['gap', 0]])
  t.same(brief(await findingsOf(journal.segment(20), journal.keys, state)), [['duplicated', 20]])
  const other = { ...segment, origin: 'box-7f3b/1' }
  t.same(brief(await findingsOf(other, journal.keys, state)), [['wrong-box', null]])

  const rewritten = new TestJournal(journal.origin, journal.signer)
  while (rewritten.size < 40)
    rewritten.append({ act: rewritten.size === 0 ? 'log-opened' : 'list' })
  const forked = { ...rewritten.segment(25), ...journal.stateAt(25) }
  t.same(
    brief(await findingsOf(forked, journal.keys, state))[0],
    ['broken-chain', 25],
    'another history behind an honest header',
  )
})

void t.test('a long disorder is judged in pieces', async (t) => {
  const journal = new TestJournal()
  while (journal.size < 1200) journal.append()
  const verifier = new JournalVerifier(crypto, emptyJournalState(crypto, journal.origin))
  const altered = journal.traces.with(3, edited(journal.traces[3], { act: 'list' }))
  const findings: Finding[] = []
  for (const [seq, bytes] of altered.entries()) {
    findings.push(...verifier.append(bytes))
    if (seq === 10) t.throws(() => verifier.state, /pending/)
  }
  t.same(brief(findings), [['altered-trace', 3]])
  t.same(await verifier.checkpoint(journal.checkpoint(), journal.keys), [], 'said already')
  const alone = new JournalVerifier(crypto, emptyJournalState(crypto, journal.origin))
  for (const bytes of journal.traces.slice(0, 9)) alone.append(bytes)
  alone.append(edited(journal.traces[9], { prev: 'ab'.repeat(32) }))
  t.same(
    brief(alone.finish()),
    [['altered-trace', 8]],
    'without a signed root, a last link that does not fit is held against the trace before it',
  )
  const last = verifier.append(utf8('x'))
  t.same(last, [])
  t.same(brief(verifier.finish()), [['altered-trace', 1200]])
  t.same(verifier.append(formatTrace({ ...parseTrace(at(journal.traces, 1199)), seq: 1201 })), [])
  t.equal(verifier.state.size, 1202)
})

void t.test('any flipped bit of any trace is found at its seq', async (t) => {
  const { journal, segment } = written()
  const flips = fc.tuple(fc.nat(size - 1), fc.nat(), fc.nat(7))
  const property = fc.asyncProperty(flips, async ([seq, position, bit]) => {
    const bytes = Uint8Array.from(at(segment.traces, seq))
    const index = position % bytes.length
    bytes[index] = (bytes[index] ?? 0) ^ (1 << bit)
    const changed = { ...segment, traces: segment.traces.with(seq, bytes) }
    const findings = await findingsOf(changed, journal.keys)
    if (findings.length !== 1 || findings[0]?.seq !== seq || findings[0].answer !== 'invalid') {
      throw new Error(JSON.stringify(findings))
    }
  })
  await checkProperty(t, property, 300)
})

void t.test('any mixture of manipulations is found', async (t) => {
  const { journal, segment } = written()
  const change = fc.record({
    how: fc.constantFrom('delete', 'duplicate', 'swap', 'alter', 'garbage'),
    a: fc.nat(size - 1),
    b: fc.nat(size - 1),
  })
  const property = fc.asyncProperty(
    fc.array(change, { minLength: 1, maxLength: 4 }),
    async (changes) => {
      let traces = [...segment.traces]
      for (const { how, a, b } of changes) {
        const first = traces[a] ?? new Uint8Array(1)
        const second = traces[b] ?? new Uint8Array(1)
        if (how === 'delete') traces = traces.toSpliced(a, 1)
        else if (how === 'duplicate') traces = traces.toSpliced(b, 0, first)
        else if (how === 'swap' && a < traces.length && b < traces.length) {
          traces = traces.with(a, second).with(b, first)
        } else if (how === 'alter' && a < traces.length) {
          traces = traces.with(a, utf8(fromUtf8(first).replace('"act":"', '"act":"x-')))
        } else traces.push(utf8('x'))
      }
      const isSame =
        traces.length === size && traces.every((bytes, seq) => bytes === segment.traces[seq])
      const findings = await findingsOf({ ...segment, traces }, journal.keys)
      if (isSame !== (findings.length === 0)) throw new Error(JSON.stringify(findings))
    },
  )
  await checkProperty(t, property, 300)
})

void t.test('compact ranges resume anywhere', (t) => {
  const journal = new TestJournal().fill(30)
  for (const start of [1, 7, 16, 29]) {
    const range = new CompactRange(crypto, start, journal.stateAt(start).range)
    for (const leaf of journal.leaves.slice(start)) range.append(leaf)
    t.equal(toHex(range.root()), toHex(journal.root()))
  }
  t.end()
})
