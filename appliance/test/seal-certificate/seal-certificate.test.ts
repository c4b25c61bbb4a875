import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import {
  memorySource,
  parseTrace,
  parsePem,
  verifyBundle,
  type Anchors,
  type BundleEntry,
  type BundleReport,
} from '@probant/evidence'
import { ManualClock } from '@probant/host'
import { nodeCrypto, openProvider, type KeyProvider } from '@probant/keys'
import { fromBufferPromise } from 'yauzl'
import { anchorsOf } from '../kill/proving.ts'
import { createWorld, form, staff, type World } from '../world.ts'
import { CertificationAuthority, hasOpenssl, openssl } from './certification-authority.ts'

// A client's certificate from its request to its end, issued by an authority of openssl; the clock is driven.

const DAY_MS = 86_400_000
/** After whatever the box's initialisation wrote by the machine's own clock. */
const start = Math.ceil(Date.now() / 1000) * 1000 + 3_600_000
const skip = hasOpenssl ? false : 'the openssl command is not installed'
const folder = t.testdir()
const policies = ['0.4.0.194112.1.1', '0.4.0.194112.1.3']

interface Setting {
  readonly world: World
  readonly clock: ManualClock
  readonly vault: string
  readonly token: string
  readonly admin: string
}

async function box(t: Test, seal?: { required: boolean; policies: string[] }): Promise<Setting> {
  const world = await createWorld(seal === undefined ? {} : { seal })
  t.teardown(() => world.close())
  const { vault, token: early, userId } = await staff(world)
  const admin = world.identity.adminToken
  const clock = new ManualClock({ nowMs: start })
  await world.restart({ clock })
  const json = { user: userId, label: 'long', expiresInDays: 3650 }
  const made = await world.call('POST', '/tokens', { token: admin, json })
  const { token = early } = (await made.json()) as { token?: string }
  return { world, clock, vault, token, admin }
}

const authority =
  skip === false ? new CertificationAuthority(join(folder, 'ca'), 'Test', start) : undefined
const other =
  skip === false ? new CertificationAuthority(join(folder, 'other'), 'Test', start) : undefined

interface Answer {
  readonly status: number
  readonly body: Record<string, unknown>
}

async function ask(
  { world, admin }: Setting,
  method: string,
  path: string,
  json?: unknown,
  token = admin,
): Promise<Answer> {
  const answer = await world.call(method, path, {
    token,
    headers: { 'accept-language': 'en' },
    ...(json === undefined ? {} : { json }),
  })
  const text = await answer.text()
  return {
    status: answer.status,
    body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
  }
}

const subject = {
  commonName: 'Cachet de la mairie',
  organization: 'Commune de Lyon-sur-Essai',
  organizationIdentifier: 'NTRFR-210000000',
  country: 'FR',
}

async function request(setting: Setting): Promise<string> {
  const { body } = await ask(setting, 'POST', '/seal-certificates/requests', { subject })
  return String(body['request'])
}

const bring = (setting: Setting, certificates: string, root: string) =>
  ask(setting, 'POST', '/seal-certificates', { certificates, root })

async function deposit({ world, vault, token }: Setting, content = 'un acte'): Promise<Answer> {
  const answer = await world.call('POST', `/vaults/${vault}/objects`, {
    token,
    body: form(content),
  })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

async function bundle({ world, vault, token }: Setting, id: unknown): Promise<BundleEntry[]> {
  const answer = await world.call('GET', `/vaults/${vault}/objects/${String(id)}/proof`, { token })
  const zip = await fromBufferPromise(Buffer.from(await answer.arrayBuffer()))
  const entries: BundleEntry[] = []
  for await (const entry of zip.eachEntry()) {
    const chunks: Buffer[] = []
    for await (const chunk of await zip.openReadStreamPromise(entry))
      chunks.push(Buffer.from(chunk as Uint8Array))
    entries.push({ name: entry.fileName, bytes: Buffer.concat(chunks) })
  }
  return entries
}

function anchors({ world }: Setting, rootPem?: string): Anchors {
  const own = anchorsOf(world)
  return rootPem === undefined ? own : { ...own, sealRoots: parsePem(rootPem, 'CERTIFICATE') }
}

const verify = (entries: readonly BundleEntry[], trusted: Anchors): Promise<BundleReport> =>
  verifyBundle(nodeCrypto, memorySource(entries), trusted)

async function acts({ world }: Setting, prefix = 'seal-certificate'): Promise<string[]> {
  const { rows } = await world.box.database.query<{ bytes: Buffer }>(
    `SELECT bytes FROM journal.traces WHERE act LIKE $1 ORDER BY seq`,
    [`${prefix}%`],
  )
  return rows.map(({ bytes }) => {
    const { act, outcome, data } = parseTrace(bytes)
    const { days } = data
    return [
      act.replace('seal-certificate-', ''),
      outcome,
      ...(typeof days === 'number' ? [days] : []),
    ].join(' ')
  })
}

/** The journal's acts once there are so many: what a woken task does takes a moment. */
async function actsOnce(setting: Setting, count: number): Promise<string[]> {
  for (let tries = 0; tries < 200; tries += 1) {
    const found = await acts(setting)
    if (found.length >= count) return found
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return acts(setting)
}

await t.test('request, import, seal, and openssl on both sides', { skip }, async (t) => {
  if (authority === undefined) return
  const setting = await box(t)
  const csr = await request(setting)
  const file = join(folder, 'seal.csr')
  writeFileSync(file, csr)
  const shown = openssl('req', '-in', file, '-verify', '-noout', '-text', '-nameopt', 'utf8')
  t.ok(shown.ok, shown.text)
  t.match(shown.text, /verify OK/)
  t.match(shown.text, /Commune de Lyon-sur-Essai/)
  t.match(shown.text, /NTRFR-210000000/)
  t.match(shown.text, /X509v3 Key Usage: critical\s+Digital Signature, Non Repudiation/)
  t.equal(
    openssl('req', '-in', file, '-noout', '-pubkey').text,
    openssl('req', '-in', fileOf('again.csr', await request(setting)), '-noout', '-pubkey').text,
    'the same key until it has its certificate',
  )

  const before = await deposit(setting)
  t.match(before, { status: 201, body: { seal: null } })
  const certificate = authority.issue(csr, { startMs: start - DAY_MS, endMs: start + 365 * DAY_MS })
  const chain = authority.issuingPem + certificate
  const imported = await bring(setting, chain, authority.rootPem)
  t.match(imported, {
    status: 201,
    body: {
      key: 'seal',
      state: 'in-force',
      subject: /CN=Cachet de la mairie/,
      issuer: 'CN=Test issuing',
    },
  })
  const sealed = await deposit(setting)
  t.match(sealed, { status: 201, body: { seal: { subject: /CN=Cachet de la mairie/ } } })
  const read = await ask(
    setting,
    'GET',
    `/vaults/${setting.vault}/objects/${String(sealed.body['id'])}`,
    undefined,
    setting.token,
  )
  t.match(read.body, {
    seal: { subject: /organizationIdentifier=NTRFR-210000000/, issuer: 'CN=Test issuing' },
  })

  const entries = await bundle(setting, sealed.body['id'])
  const report = await verify(entries, anchors(setting, authority.rootPem))
  t.same(report.verdict, { status: 'valid' })
  t.match(report.facts?.seals, [{ status: 'valid', subject: /Cachet de la mairie/ }])
  t.match((await verify(entries, anchors(setting))).facts?.seals, [{ status: 'cannot-tell' }])
  const wrong = await verify(entries, anchors(setting, other?.rootPem))
  t.match(
    wrong.verdict,
    { status: 'invalid', code: 'bad-signature' },
    'another root of the same name',
  )

  const unpacked = join(folder, 'bundle')
  for (const { name, bytes } of entries) fileOf(join('bundle', name), bytes)
  const root = fileOf('root.pem', authority.rootPem)
  const cms = (content: string, ...more: string[]) =>
    openssl(
      ...[
        'cms',
        '-verify',
        '-cades',
        '-binary',
        '-inform',
        'DER',
        '-content',
        join(unpacked, content),
      ],
      ...[
        '-in',
        join(unpacked, 'blocks/seal-signature'),
        '-CAfile',
        root,
        '-out',
        join(folder, 'out'),
        ...more,
      ],
      ...['-attime', String(Math.floor(start / 1000))],
    )
  t.ok(cms('signed-bytes.bin').ok, cms('signed-bytes.bin').text)
  t.ok(cms('signed-bytes.bin', '-purpose', 'any').ok)
  t.notOk(cms('statement.json').ok, 'other bytes')
  const flipped = Buffer.from(entries.find(({ name }) => name === 'signed-bytes.bin')?.bytes ?? [])
  flipped.writeUInt8(flipped.readUInt8(7) ^ 1, 7)
  fileOf('bundle/flipped', flipped)
  t.notOk(cms('flipped').ok, 'one bit')
  const printed = openssl(
    'cms',
    '-cmsout',
    '-print',
    '-inform',
    'DER',
    '-in',
    join(unpacked, 'blocks/seal-signature'),
  )
  for (const name of ['signingCertificateV2', 'signingTime', 'messageDigest', 'contentType'])
    t.match(printed.text, new RegExp(name), name)

  t.same(await acts(setting), ['requested done', 'requested done', 'imported done'])
  const again = await verify(
    await bundle(setting, before.body['id']),
    anchors(setting, authority.rootPem),
  )
  t.same(again.verdict, { status: 'valid' }, 'what was deposited before has no seal')
  t.same(again.facts?.seals, [])
})

await t.test('what is not a certificate for sealing is refused', { skip }, async (t) => {
  if (authority === undefined || other === undefined) return
  const setting = await box(t, { required: false, policies })
  const good = {
    startMs: start - DAY_MS,
    endMs: start + 365 * DAY_MS,
    extensions: 'sealPolicy',
  } as const
  const issuing = authority.issuingPem
  const foreign = authority.issue(authority.foreignRequest(), good)
  t.match(await bring(setting, foreign + issuing, authority.rootPem), {
    status: 422,
    body: { detail: /key that this box requested/ },
  })
  const csr = await request(setting)
  const issued = (more: object) => authority.issue(csr, { ...good, ...more }) + issuing
  const refusals: [string, string, string, RegExp][] = [
    ['not PEM', 'certificate', authority.rootPem, /Not readable PEM: the certificates/],
    ['a root that is none', issued({}), 'root', /Not readable PEM: the root/],
    ['two roots', issued({}), authority.rootPem + issuing, /one root/],
    ['another key', foreign + issuing, authority.rootPem, /key that this box requested/],
    ['only the issuers', issuing, authority.rootPem, /key that this box requested/],
    [
      'for servers',
      issued({ extensions: 'server' }),
      authority.rootPem,
      /limited to other purposes/,
    ],
    ['for encryption', issued({ extensions: 'encrypt' }), authority.rootPem, /may not sign data/],
    [
      'for time-stamping',
      issued({ extensions: 'stamps' }),
      authority.rootPem,
      /limited to other purposes/,
    ],
    [
      'without key usage',
      issued({ extensions: 'silent' }),
      authority.rootPem,
      /does not say that it may sign/,
    ],
    [
      'an authority',
      issued({ extensions: 'authority' }),
      authority.rootPem,
      /certification authority/,
    ],
    [
      'expired',
      issued({ startMs: start - 9 * DAY_MS, endMs: start - DAY_MS }),
      authority.rootPem,
      /expired/,
    ],
    ['without its issuer', authority.issue(csr, good), authority.rootPem, /leads to no given root/],
    ['another root', issued({}), other.rootPem, /not signed by its issuer/],
    [
      'another issuer',
      authority.issue(csr, good) + other.issuingPem,
      authority.rootPem,
      /not signed by its issuer/,
    ],
    [
      'a class that is not accepted',
      issued({ extensions: 'seal' }),
      authority.rootPem,
      /no accepted class/,
    ],
  ]
  for (const [what, certificates, root, detail] of refusals) {
    const answer = await bring(setting, certificates, root)
    t.equal(answer.status, 422, what)
    t.match(answer.body['detail'], detail, what)
  }
  t.same(
    (await acts(setting)).filter((each) => each.endsWith('refused')).length,
    refusals.length + 1,
  )
  t.match(await deposit(setting), { status: 201, body: { seal: null } })
  const taken = await bring(setting, issued({}), authority.rootPem)
  t.equal(taken.status, 201, JSON.stringify(taken.body))
  t.match(
    await bring(setting, issued({}), authority.rootPem),
    { status: 422 },
    'its key has one now',
  )

  const asUser = await ask(
    setting,
    'POST',
    '/seal-certificates',
    { certificates: issued({}), root: authority.rootPem },
    setting.token,
  )
  t.equal(asUser.status, 403)
  for (const [method, path, json] of [
    ['GET', '/seal-certificates', undefined],
    ['POST', '/seal-certificates/requests', { subject }],
    ['POST', '/seal-certificates/seal/withdrawal', { reason: 'revoked' }],
  ] as const)
    t.equal((await ask(setting, method, path, json, setting.token)).status, 403, path)
})

await t.test('renewal without a gap, reminders, expiry', { skip }, async (t) => {
  if (authority === undefined) return
  const setting = await box(t)
  const { clock, world } = setting
  const issue = (csr: string, startMs: number, endMs: number) =>
    authority.issue(csr, { startMs, endMs }) + authority.issuingPem
  const first = issue(await request(setting), start - DAY_MS, start + 100 * DAY_MS)
  t.equal((await bring(setting, first, authority.rootPem)).status, 201)
  const old = await deposit(setting)
  const standing = async () => (await ask(setting, 'GET', '/seal-certificates')).body
  const to = async (days: number) => {
    // What was woken before has gone back to sleep.
    await new Promise((resolve) => setTimeout(resolve, 100))
    clock.set(start + days * DAY_MS)
    clock.advance(60_000)
  }
  await to(5)
  t.same(
    await actsOnce(setting, 2),
    ['requested done', 'imported done'],
    'nothing to remind of yet',
  )
  await to(11)
  t.same((await actsOnce(setting, 3)).slice(2), ['expiring done 90'])
  await to(12)
  await to(71)
  t.same(
    (await actsOnce(setting, 4)).slice(2),
    ['expiring done 90', 'expiring done 30'],
    'once each',
  )
  await to(80)

  const second = issue(await request(setting), start + 90 * DAY_MS, start + 300 * DAY_MS)
  t.match(await bring(setting, second, authority.rootPem), {
    status: 201,
    body: { key: 'seal-2', state: 'prepared' },
  })
  t.match(await standing(), {
    inForce: 'seal',
    items: [{ state: 'in-force' }, { state: 'prepared' }],
  })
  await to(94)
  t.match(await standing(), {
    inForce: 'seal-2',
    items: [{ state: 'in-reserve' }, { state: 'in-force' }],
  })
  const renewed = await deposit(setting)
  await to(101)
  t.match(await standing(), {
    inForce: 'seal-2',
    items: [{ state: 'expired' }, { state: 'in-force' }],
  })
  const later = await deposit(setting)
  const trusted = anchors(setting, authority.rootPem)
  for (const { body } of [old, renewed, later]) {
    const report = await verify(await bundle(setting, body['id']), trusted)
    t.same(report.verdict, { status: 'valid' })
    t.equal(report.facts?.seals.length, 1)
  }
  t.same(
    (await actsOnce(setting, 6)).slice(4),
    ['requested done', 'imported done'],
    'no 7 days: renewed',
  )
  await world.restart({ clock })
  await to(294)
  t.same((await actsOnce(setting, 7)).at(-1), 'expiring done 7', 'the fewest days alone')
  await to(301)
  t.same((await actsOnce(setting, 8)).at(-1), 'expired done')
  t.match(await standing(), { inForce: null, items: [{ state: 'expired' }, { state: 'expired' }] })
  t.match(
    await deposit(setting),
    { status: 201, body: { seal: null } },
    'the default: deposits go on',
  )
  const metrics = await world.box.metrics.metrics()
  t.match(metrics, /probant_seal_certificate_in_force\{.*\} 0/)
  t.same(
    (await verify(await bundle(setting, old.body['id']), trusted)).verdict,
    { status: 'valid' },
    'old evidence',
  )
  await world.restart({ clock })
  await to(302)
  t.same((await actsOnce(setting, 9)).length, 8, 'told once, over a restart too')
})

await t.test('a box that requires a seal refuses deposits without one', { skip }, async (t) => {
  if (authority === undefined) return
  const setting = await box(t, { required: true, policies: [] })
  t.match(await deposit(setting), { status: 503, body: { type: /seal-missing/ } })
  const csr = await request(setting)
  const times = { startMs: start - DAY_MS, endMs: start + DAY_MS }
  const certificate = authority.issue(csr, times) + authority.issuingPem
  t.equal((await bring(setting, certificate, authority.rootPem)).status, 201)
  t.equal((await deposit(setting)).status, 201)
  setting.clock.set(start + 2 * DAY_MS)
  t.match(await deposit(setting), { status: 503, body: { type: /seal-missing/ } })
  setting.clock.set(start)
  t.equal((await deposit(setting)).status, 201)
  const withdrawal = () =>
    ask(setting, 'POST', '/seal-certificates/seal/withdrawal', { reason: 'revoked' })
  t.equal((await withdrawal()).status, 204)
  t.equal((await withdrawal()).status, 404, 'once')
  t.match(await deposit(setting), { status: 503, body: { type: /seal-missing/ } })
  t.match((await acts(setting)).at(-1), 'withdrawn done')
})

await t.test('a row that was changed is not believed', { skip }, async (t) => {
  if (authority === undefined || other === undefined) return
  const setting = await box(t)
  const times = { startMs: start - DAY_MS, endMs: start + 365 * DAY_MS }
  const certificate = authority.issue(await request(setting), times) + authority.issuingPem
  t.equal((await bring(setting, certificate, authority.rootPem)).status, 201)
  const [foreign] = parsePem(other.issue(other.foreignRequest(), times), 'CERTIFICATE')
  const [issuing] = parsePem(other.issuingPem, 'CERTIFICATE')
  const [root] = parsePem(other.rootPem, 'CERTIFICATE')
  const change = async (chain: unknown[], under: Uint8Array | undefined) => {
    await setting.world.box.database.query(
      'UPDATE vault.seal_certificates SET chain = $1, root = $2',
      [chain, under],
    )
    await setting.world.restart({ clock: setting.clock })
    return ask(setting, 'GET', '/seal-certificates')
  }
  const bytes = (der: Uint8Array | undefined) => Buffer.from(der ?? [])
  t.match((await change([bytes(foreign), bytes(issuing)], bytes(root))).body, {
    inForce: null,
    items: [{ state: 'unusable', fault: /not for the key seal/ }],
  })
  t.match((await change([bytes(foreign)], bytes(root))).body, {
    items: [{ state: 'unusable', fault: /leads to no given root/ }],
  })
  t.match((await change([Buffer.from('x')], bytes(root))).body, {
    items: [{ state: 'unusable', fault: /unreadable/ }],
  })
  t.match(await deposit(setting), { status: 201, body: { seal: null } })
})

await t.test('one seal a batch; a key that fails keeps nothing', { skip }, async (t) => {
  if (authority === undefined) return
  const setting = await box(t)
  const times = { startMs: start - DAY_MS, endMs: start + 365 * DAY_MS }
  const certificate = authority.issue(await request(setting), times) + authority.issuingPem
  t.equal((await bring(setting, certificate, authority.rootPem)).status, 201)
  const { provider, counts, fault } = watched(await openProvider(setting.world.settings.keys))
  await setting.world.restart({ clock: setting.clock, keys: provider })
  counts.clear()
  const found = await Promise.all(
    Array.from({ length: 24 }, (_, at) => deposit(setting, `acte ${at}`)),
  )
  t.ok(found.every(({ status, body }) => status === 201 && body['seal'] !== null))
  t.equal(counts.get('seal'), counts.get('lat'), 'as many as the box signed itself')
  t.ok((counts.get('seal') ?? 24) < 24, `${counts.get('seal') ?? 0} seals for 24 deposits`)
  fault.what = 'fails'
  t.match(await deposit(setting), { status: 503, body: { type: /signer-failed/ } })
  fault.what = 'lies'
  t.match(await deposit(setting), { status: 503, body: { type: /signer-failed/ } })
  fault.what = undefined
  t.match(await deposit(setting), { status: 201 })
})

/** The provider, its signatures counted by key, and a key for seals that can be made to fail. */
function watched(provider: KeyProvider) {
  const counts = new Map<string, number>()
  const fault: { what: 'fails' | 'lies' | undefined } = { what: undefined }
  const watching: KeyProvider = {
    name: provider.name,
    capabilities: provider.capabilities,
    generate: (label, kind) => provider.generate(label, kind),
    find: (label) => provider.find(label),
    publicKey: (ref) => provider.publicKey(ref),
    sign: async (ref, message) => {
      counts.set(ref.label, (counts.get(ref.label) ?? 0) + 1)
      if (ref.label !== 'seal' || fault.what === undefined) return provider.sign(ref, message)
      if (fault.what === 'fails') throw new Error('the device does not answer')
      return provider.sign(ref, Buffer.from('something else'))
    },
    enclose: (ref, plaintext, data) => provider.enclose(ref, plaintext, data),
    open: (ref, enclosed, data) => provider.open(ref, enclosed, data),
    random: (n) => provider.random(n),
    attest: (ref) => provider.attest(ref),
    place: provider.place,
    close: () => provider.close(),
  }
  return { provider: watching, counts, fault }
}

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
  return path
}
