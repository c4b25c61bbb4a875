import t, { type Test } from 'tap'
import { absent, holds } from './bullets.ts'

/** Order 5, bullet by bullet: each line is checked by the programs that it names. */
t.setTimeout(40 * 60_000)

const bullet = (name: string, ...files: readonly string[]) =>
  t.test(name, (t: Test) => holds(t, ...files))

const LATER = 'not built yet'

await bullet(
  'functions: deposit, read, technical metadata, check, journal, list, count; refusals journalled',
  'appliance/test/deposit.test.ts',
  'appliance/test/refusals.test.ts',
)
await bullet(
  'functions: destruction with reason, shredding and proof',
  'appliance/test/destruction/destruction.test.ts',
  'appliance/test/destruction/kills.test.ts',
)
await bullet('functions: restitution', 'appliance/test/restitution/restitution.test.ts')
await absent('functions: emptying under dual control', LATER)
await bullet(
  'functions: retention classes, legal holds',
  'appliance/test/retention/retention.test.ts',
)
await bullet('functions: trusted time', 'appliance/test/retention/trusted-time.test.ts')
await bullet('functions: objects of several files', 'test/evidence/several-files.test.ts')
await absent('functions: versions chained to one another', LATER)
await bullet('functions: inventory as CSV and PDF', 'appliance/test/inventory/inventory.test.ts')

await absent('decrees: accesses, attempts and maintenance readable by the user', LATER)
await absent('decrees: recovery of everything by one request', LATER)
await absent('decrees: information page', LATER)

await bullet('vaults: folders to any depth', 'appliance/test/folders/folders.test.ts')
await absent('vaults: quotas, naming patterns', LATER)
await bullet(
  'people: users, groups, custom roles, rights per vault with dates',
  'appliance/test/access/people.test.ts',
)
await absent('people: rights per folder', LATER)
await bullet(
  'people: authorisation matrix, every route by every role',
  'appliance/test/access/matrix.test.ts',
)
await absent('people: dual control for chosen acts, delegation', LATER)
await absent('people: CSV import, LDAP, SCIM', LATER)

await bullet(
  'sign-in: throttled password with TOTP or passkey (in the browser: main-job, the portal); sessions listed and revocable',
  'appliance/test/access/sign-in.test.ts',
)
await absent('sign-in: client certificates and the built-in authority', LATER)
await absent('sign-in: OpenID Connect', LATER)
await bullet(
  'sign-in: API tokens with scopes, vault, expiry, networks',
  'appliance/test/access/people.test.ts',
)
await bullet(
  'transport: TLS beyond the loopback, listed networks, narrower ones by role',
  'appliance/test/access/network.test.ts',
)

await bullet(
  'uploads: limits stated and clear; 50 simultaneous deposits of the same bytes give 50 objects',
  'test/evidence/several-files.test.ts',
)
await bullet('uploads: tus', 'appliance/test/upload/uploads.test.ts')
await absent('uploads: batches', LATER)
await absent('metadata: typed fields, profiles, masking', LATER)
await absent('metadata: format identification, antivirus, warnings on sensitive content', LATER)
await absent('integrity: continuous scrub with schedule, rate limit, progress', LATER)
await absent('statistics', LATER)

await absent('drills 18, 22 and 41 for destruction and restitution', LATER)
await absent('API: OpenAPI with examples, a generated Python client, fuzzing', LATER)
await absent('bench read, list and scrub with growth', LATER)
await absent(
  'faults: PostgreSQL killed, disk full, services absent, two boxes on one folder',
  LATER,
)
await absent('a data folder made by earlier versions opens, migrates, and is clean', LATER)
