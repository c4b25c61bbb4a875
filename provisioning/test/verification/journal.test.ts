import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { encodeSegment, formatVkey, utf8, type Segment } from '@probant/evidence'
import t from 'tap'
import { cosign, TestJournal } from '../../../packages/evidence/test/journal-world.ts'
import { testCrypto, testSigner } from '../../../packages/evidence/test/test-crypto.ts'
import { journalVerifyCommand } from '../../cli/journal.ts'
import { UnusableInput } from '@probant/verification'

const cli = join(import.meta.dirname, '../../cli/probant.ts')
const folder = mkdtempSync(join(tmpdir(), 'probant-journal-'))
t.teardown(() => rmSync(folder, { recursive: true }))

const journal = new TestJournal().fill(60)
const witness = testSigner('centre.example/w', 4)
const first = saved('first', encodeSegment(journal.segment(0, 20)))
const second = saved('second', encodeSegment(journal.segment(20, 45)))
const third = saved('third', encodeSegment(witnessed(journal.segment(45))))
const anchors = join(folder, 'anchors')
mkdirSync(anchors)
saved('anchors/journal.vkeys', vkey(journal.signer.key))
saved('anchors/witness.vkeys', vkey(witness.key))

function vkey({ name, type, publicKey }: typeof witness.key): Uint8Array {
  return utf8(`${formatVkey(name, type, publicKey, testCrypto)}\n`)
}

function witnessed(segment: Segment): Segment {
  return { ...segment, checkpoint: cosign(segment.checkpoint, witness, 1_772_366_700) }
}

function saved(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

function altered(segment: Segment, at: number): Segment {
  const bytes = segment.traces[at] ?? utf8('')
  const changed = Buffer.from(Buffer.from(bytes).toString().replace('"act":"', '"act":"x-'))
  return { ...segment, traces: segment.traces.with(at, changed) }
}

interface Run {
  readonly status: number | null
  readonly output: string
}

/** The command as its parser calls it, without a process of its own. */
async function verify(...words: string[]): Promise<Run> {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      anchors: { type: 'string' },
      json: { type: 'boolean' },
      lang: { type: 'string' },
    },
  })
  const environment = { LC_ALL: 'C', LANG: 'fr_FR.UTF-8' }
  try {
    const found = await journalVerifyCommand(positionals, { ...values }, environment)
    return { status: found.exitCode, output: found.text }
  } catch (error) {
    if (!(error instanceof UnusableInput)) throw error
    return { status: error.exitCode, output: error.message }
  }
}

void t.test('segments in order', async (t) => {
  const found = await verify(third, first, second, '--anchors', anchors)
  t.equal(found.status, 0, found.output)
  t.match(found.output, /journal box-7f3a\/1, traces 0 to 59/)
  t.match(found.output, /checkpoint of 60 traces, witnessed by centre.example\/w at 2026-03-01/)
  t.match(found.output, /Answer: VALID/)
  t.match(await verify(saved('packed', gzipSync(encodeSegment(journal.segment(0, 9))))), {
    status: 3,
  })
  const overlapping = saved('overlapping', encodeSegment(journal.segment(10, 30)))
  t.match(await verify(first, second, third, overlapping, first, '--anchors', anchors), {
    status: 0,
  })
})

void t.test('an export that starts later', async (t) => {
  const found = await verify(second, third, '--anchors', anchors)
  t.equal(found.status, 0)
  t.match(found.output, /what precedes trace 20 is not covered/)
})

void t.test('the first bad seq, and why', async (t) => {
  const bad = saved('bad', encodeSegment(altered(journal.segment(20, 45), 7)))
  const found = await verify(first, bad, third, '--anchors', anchors)
  t.equal(found.status, 1)
  t.match(found.output, /first bad trace: 27/)
  t.match(found.output, /altered-trace 27: a trace was altered/)
  t.match(found.output, /expected: bytes with SHA-256 [0-9a-f]{64}/)
  t.match(found.output, /since: 2026-03-01T12:00:27.000Z/)
  t.notMatch(found.output, /gap/)
  const french = await verify(first, bad, third, '--anchors', anchors, '--lang', 'fr')
  t.match(french.output, /première trace en défaut : 27/)
  t.match(french.output, /attendu : des octets de SHA-256 [0-9a-f]{64}/, 'both sides as well')

  const overlap = saved('overlap', encodeSegment(altered(journal.segment(25, 45), 4)))
  t.match(await verify(first, second, overlap, '--anchors', anchors), {
    status: 1,
    output: /first bad trace: 29[^]*as in another segment/,
  })
  const rewritten = new TestJournal(journal.origin, journal.signer).fill(20)
  rewritten.append({ act: 'list' })
  rewritten.fill(45)
  const tail = saved('tail', encodeSegment(rewritten.segment(30, 45)))
  t.match(await verify(first, second, tail, '--anchors', anchors), { status: 1 })
  const whole = new TestJournal(journal.origin, journal.signer)
  while (whole.size < 45) whole.append()
  const forged = encodeSegment({ ...altered(whole.segment(), 44), start: 0 })
  const range = await verify(saved('range', forged), '--anchors', anchors)
  t.match(range, { status: 1, output: /altered-trace 0–44/ })
})

void t.test("can't tell", async (t) => {
  const keyless = await verify(first, second)
  t.match(keyless, { status: 3, output: /CAN'T TELL/ })
  t.match(keyless.output, /a verifier key for box-7f3a\/1/)
  const missing = await verify(first, third, '--anchors', anchors)
  t.match(missing, { status: 3, output: /gap 20/ })
  t.match(missing.output, /the next segment given starts at 45/)

  const rewritten = new TestJournal(journal.origin, journal.signer)
  while (rewritten.size < 45)
    rewritten.append({ act: rewritten.size === 0 ? 'log-opened' : 'list' })
  const other = saved('other', encodeSegment(rewritten.segment(20, 45)))
  t.match(await verify(first, other), { status: 1 }, 'without keys a contradiction is one still')
})

void t.test('unusable input', async (t) => {
  const text = saved('text', utf8('text'))
  t.match(await verify(text), { status: 2, output: /text is not a journal segment/ })
  t.match(await verify(first, text, '--anchors', anchors), { status: 2 })
  t.match(await verify(join(folder, 'none')), { status: 2 })
  t.match(await verify(folder), { status: 2 })
  t.match(await verify(saved('large', Buffer.alloc(6 * 2 ** 20))), { status: 2 })
  t.match(await verify(saved('gzip', Buffer.from([0x1f, 0x8b, 1, 2]))), { status: 2 })
  t.match(await verify(saved('bomb', gzipSync(Buffer.alloc(64 * 2 ** 20)))), { status: 2 })
  t.match(await verify(first, '--anchors', text), { status: 2 })
  const note = saved('note', encodeSegment({ ...journal.segment(0, 9), checkpoint: 'x' }))
  t.match(
    await verify(note, text, '--anchors', anchors),
    { status: 1 },
    'a contradiction weighs more',
  )
})

void t.test('as people call it', (t) => {
  const probant = (...words: string[]): Run => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [cli, 'journal', 'verify', ...words],
      { encoding: 'utf8', env: { ...process.env, LC_ALL: 'fr_FR.UTF-8' } },
    )
    return { status, output: `${stdout}${stderr}` }
  }
  t.match(probant(first, '--anchors', anchors), { status: 0, output: /Réponse : VALIDE/ })
  t.match(probant(), { status: 2, output: /missing required argument/ })
  t.end()
})

void t.test('as JSON', async (t) => {
  const { status, output } = await verify(first, second, third, '--anchors', anchors, '--json')
  t.equal(status, 0)
  t.match(JSON.parse(output), {
    answer: 'valid',
    exitCode: 0,
    journals: [
      {
        origin: 'box-7f3a/1',
        from: 0,
        to: 59,
        findings: [],
        signedSizes: [20, 45, 60],
        witnessed: [{ size: 60, name: 'centre.example/w' }],
      },
    ],
    unreadable: [],
  })
})
