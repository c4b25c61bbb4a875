import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { absent, holds } from './bullets.ts'
import { figuresOf, ownProgram, project } from './programs.ts'

/**
 * Order 4, bullet by bullet. What a bullet asks is checked by the programs that it names; those of the centre's own folder run here
 * alone, so that none runs twice.
 */
t.setTimeout(40 * 60_000)

const ran = new Set<string>()

const bullet = (name: string, ...files: readonly string[]) =>
  t.test(name, (t: Test) => {
    for (const file of files) ran.add(file)
    return holds(t, ...files)
  })

await bullet(
  'intake: verified as it streams, limits, resumed at any cut, overlap compared, equivocation kept',
  'supervisor/test/intake.test.ts',
)
await bullet(
  'intake: ssh2 guarded and pinned, agent keys revoked live',
  'supervisor/test/ssh.test.ts',
)
await t.test('intake: ssh2 or OpenSSH in front, chosen by measurement', async (t) => {
  const ended = await ownProgram('test/bench/run.ts', ['front-door'], { BENCH_QUICK: '1' })
  t.equal(ended.code, 0, ended.stdout + ended.stderr)
  if (figuresOf(ended).length === 0) t.comment(ended.stderr.trim())
})
await bullet('intake: quotas per box', 'supervisor/test/quotas.test.ts')
await bullet(
  'intake: restarted at any point it loses and doubles nothing: kill -9 of the centre between any two steps; PostgreSQL killed',
  'supervisor/test/kills.test.ts',
)
await bullet('intake: by file, with a receipt file, idempotent', 'test/shipping/by-file.test.ts')

await bullet('witness: C2SP-compatible, one history per origin', 'supervisor/test/witness.test.ts')
await absent(
  'witness: a declared restore closes the old origin and opens a new one',
  'not built yet',
)
await bullet(
  'witness: the centre’s own signed log of what it cosigned',
  'supervisor/test/head-log.test.ts',
  'packages/evidence/test/head-log.test.ts',
)
await bullet(
  'witness: the box checks the centre, and tells the client’s own IT',
  'test/shipping/centre-log.test.ts',
  'test/shipping/telling.test.ts',
  'appliance/test/journal/enrolment.test.ts',
)

await bullet(
  'findings: both sides, first bad seq, probable cause, what to do, in French and English',
  'supervisor/test/findings.test.ts',
)
await absent(
  'findings: every kind raised by a drill',
  'missing-seal, bad-timestamp and those of a TPM (attestation, counters) are not yet; all others that this version raises are',
)

await bullet(
  'deadlines: schedule per box, in UTC, eight weeks for closed sites, maintenance, own downtime is one alert; both DST nights, leap days, changes of zone rules, by moved clocks',
  'supervisor/test/schedule.test.ts',
  'supervisor/test/deadlines.test.ts',
)

await bullet(
  'alerts: grouped, reminded, acknowledged, resolved, in a chained journal',
  'supervisor/test/alerts.test.ts',
)
await bullet('alerts: contacts verified before use', 'supervisor/test/contacts.test.ts')
await bullet('alerts: webhook and syslog over TLS', 'supervisor/test/channels.test.ts')
await bullet(
  'alerts: 4,000 boxes cut at once give one alert a contact',
  'supervisor/test/flood.test.ts',
)
await bullet(
  'alerts: silenced in the database, a contact changed there or the last one removed: found',
  'supervisor/test/silenced.test.ts',
)
await bullet(
  'alerts: another contact when one fails; a mail relay that accepts, delays, refuses, lies',
  'supervisor/test/delivery.test.ts',
)

await bullet(
  'pages: the interface behind them',
  'supervisor/test/api.test.ts',
  'supervisor/test/operators-work.test.ts',
  'supervisor/test/timeline.test.ts',
)
await bullet(
  'pages: fleet, box timeline, findings with evidence, contacts, schedules, maintenance windows, enrolment; live, accessible',
  'test/portal/supervision.test.ts',
)

await bullet(
  'drill: attacks of root, DBA and thief, clocks, an agent that ships heads alone, a lying centre, silenced alerts, failing disks, signers and memory, on a copy of a running installation, with honest twins',
  'provisioning/test/drill/catalogue.test.ts',
  'provisioning/test/drill/drill.test.ts',
)
await absent(
  'drill: tokens that lie, a key store downgraded to software, both nights of daylight saving',
  'not built yet; `npx probant drill --list` says why',
)

await bullet(
  'storage: plain PostgreSQL, one row a segment; tables ready for Citus',
  'supervisor/test/schema.test.ts',
  'supervisor/test/scaling.test.ts',
)
await bullet(
  'storage: several front ends on one database, one killed in mid-intake',
  'supervisor/test/front-ends.test.ts',
)

await t.test('bench intake prints ratios, and how long a fleet’s night takes', async (t) => {
  const ended = await ownProgram('test/bench/run.ts', ['intake'], { BENCH_QUICK: '1' })
  t.equal(ended.code, 0, ended.stdout + ended.stderr)
  const figures = figuresOf(ended)
  for (const { ratio } of figures) t.ok(Number(ratio) > 0, String(ratio))
  t.ok(figures.some(({ unit }) => unit === 'h'))
})
await bullet('memory flat against hostile agents', 'supervisor/test/hostile.test.ts')
await bullet(
  'operator guide, and a runbook for each kind of finding',
  'supervisor/test/runbooks.test.ts',
)
await bullet('a simulated year of a fleet, with an oracle', 'supervisor/test/year.test.ts')

await bullet(
  'what orders before this one asked of the centre still holds',
  'supervisor/test/attestation.test.ts',
  'supervisor/test/audit.test.ts',
  'supervisor/test/confirm-enrolment.test.ts',
  'supervisor/test/hardware-change.test.ts',
  'supervisor/test/initialise.test.ts',
  'supervisor/test/own-word.test.ts',
  'supervisor/test/process.test.ts',
  'supervisor/test/timestamps.test.ts',
  'supervisor/test/tpm-enrolment.test.ts',
)

await t.test('no test of the centre is left out', async (t) => {
  const files = await readdir(join(project, 'supervisor/test'))
  const tests = files
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `supervisor/test/${name}`)
  t.same(
    tests.filter((file) => !ran.has(file)),
    [],
  )
})
