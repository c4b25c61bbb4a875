import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { absent, holds } from './bullets.ts'
import { covered } from './coverage.ts'
import { figuresOf, ownProgram, project } from './programs.ts'

/** Order 3, bullet by bullet. What a bullet asks is checked by the programs that it names. */
t.setTimeout(30 * 60_000)

await t.test('bundle of an object, with its document or without', (t) =>
  holds(
    t,
    'packages/evidence/test/bundle/container.test.ts',
    'packages/evidence/test/bundle/archive-proof.test.ts',
    'packages/evidence/test/bundle/journal.test.ts',
  ),
)

await t.test('bundle of a selection or a whole vault', (t) =>
  holds(
    t,
    'packages/evidence/test/collection.test.ts',
    'provisioning/test/verification/collection.test.ts',
    'test/evidence/collection.test.ts',
  ),
)

await t.test('attestation as PDF/A, in French and English, with timeline and QR code', (t) =>
  holds(t, 'test/evidence/attestation.test.ts'),
)

await t.test('the script in the bundle is the published one, or verify says so', (t) =>
  holds(t, 'packages/evidence/test/verify-script.test.ts'),
)

await t.test('verifier: report in French and English, JSON, exit codes, hostile bundles', (t) =>
  holds(t, 'provisioning/test/verification/verify.test.ts'),
)

await t.test('verifier: one HTML file, in a browser without a network', (t) =>
  holds(t, 'packages/verification/test/browser-crypto.test.ts', 'test/evidence/page.test.ts'),
)

await t.test('timestamps: authorities outside, in order, by quorum; those that lie', (t) =>
  holds(
    t,
    'packages/evidence/test/timestamp.test.ts',
    'packages/evidence/test/x509/path.test.ts',
    'packages/evidence/test/x509/algorithms.test.ts',
    'packages/timestamping/test/client.test.ts',
  ),
)

await t.test('timestamps: the journal is dated from outside, by receipts and every 24 h', (t) =>
  holds(t, 'packages/evidence/test/dating.test.ts', 'appliance/test/dating/dating.test.ts'),
)

await t.test('timestamps: tokens that the centre obtains for a box without a route', (t) =>
  holds(
    t,
    'packages/timestamping/test/relay.test.ts',
    'supervisor/test/timestamps.test.ts',
    'test/shipping/timestamps.test.ts',
  ),
)

await t.test('timestamps: LAT batch tokens of an authority outside, by policy', (t) =>
  holds(
    t,
    'appliance/test/timestamping/outside-reception.test.ts',
    'packages/evidence/test/bundle/archive-proof.test.ts',
    'packages/evidence/test/verify-script.test.ts',
  ),
)

await absent(
  'timestamps: through the centre by file; OCSP',
  'not built yet; revocation is checked by lists',
)

await t.test(
  'renewal: debt, time-stamp and hash-tree renewal (RFC 4998), with years passing',
  (t) =>
    holds(
      t,
      'packages/evidence/test/evidence-record/corpus.test.ts',
      'appliance/test/renewal/renewal.test.ts',
      'appliance/test/renewal/rehearsal.test.ts',
    ),
)

await t.test('cosignatures: Ed25519 and ML-DSA-44', (t) =>
  holds(t, 'packages/evidence/test/cosignature.test.ts'),
)

await t.test('cosignatures: how long a box is unwitnessed; deposits refused beyond a limit', (t) =>
  holds(t, 'appliance/test/journal/witnessing.test.ts'),
)

await t.test('cosignatures: several witnesses, a policy of how many', (t) =>
  holds(
    t,
    'packages/shipping/test/add-checkpoint.test.ts',
    'supervisor/test/witness.test.ts',
    'test/shipping/witnesses.test.ts',
    'appliance/test/journal/several-witnesses.test.ts',
  ),
)

await t.test('journal export, verifiable alone', (t) =>
  holds(t, 'provisioning/test/verification/journal.test.ts'),
)

await t.test('fsck and audit: from bytes, resumable, rate-limited, first bad place', (t) =>
  holds(
    t,
    'packages/host/test/pace.test.ts',
    'appliance/test/integrity/fsck.test.ts',
    'supervisor/test/audit.test.ts',
  ),
)

await t.test('conformance: vectors, properties, the examples of the formats', (t) =>
  holds(
    t,
    'packages/evidence/test/vectors.test.ts',
    'packages/evidence/test/note.test.ts',
    'packages/evidence/test/checkpoint.test.ts',
    'packages/evidence/test/merkle.test.ts',
    'packages/evidence/test/jcs.test.ts',
    'packages/evidence/test/docs.test.ts',
  ),
)

await t.test('conformance: a second verifier, in Python, written from the formats alone', (t) =>
  holds(t, 'test/evidence/second-verifier.test.ts', 'test/evidence/ml-dsa.test.ts'),
)

await t.test('conformance: every line and branch of packages/evidence covered', (t) =>
  covered(t, 'packages/evidence'),
)

await absent('optional exports: COSE receipt, ASiC-E', 'not built yet')

await t.test('a data folder made by an earlier version opens, migrates, and fsck is clean', (t) =>
  holds(t, 'appliance/test/recovery/earlier-folder.test.ts'),
)

await t.test('bench proof: bundles from rows of PostgreSQL at most double in size', async (t) => {
  const ended = await ownProgram('test/bench/run.ts', ['proof'], { BENCH_QUICK: '1' })
  t.equal(ended.code, 0, ended.stdout + ended.stderr)
  const figures = figuresOf(ended)
  for (const what of ['size', 'time'])
    t.ok(figures.some((each) => String(each['case']).match(`^${what} at .* in PostgreSQL`)))
})

await t.test('evidence guide for experts, page for lawyers in French', async (t) => {
  const read = (name: string) => readFile(join(project, 'docs', name), 'utf8')
  t.match(await read('evidence-guide.md'), /probant-verify\.html/)
  t.match(await read('preuve-pour-juristes.fr.md'), /impossible de conclure/)
})
