import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { fromBase64, toBase64, toHex } from '@probant/evidence'
import { systemRandomness } from '@probant/host'
import { activationProof } from '@probant/shipping'
import * as tss from '@probant/tpm2-tss-bindings'
import t from 'tap'
import { makeCredential } from '../src/enrolment/credential.ts'
import { endorsedKey } from '../src/enrolment/endorsement-chain.ts'
import { LATER_MS, TestCentre } from './support/centre.ts'
import { activate, invited, needsTpm, TestTpm } from './support/tpm.ts'

await t.test('a credential made without a TPM', needsTpm, async (t) => {
  const { tpm } = await TestTpm.start(t)
  const challenge = systemRandomness.bytes(32)
  for (const kind of ['rsa-2048', 'ec-p256'] as const) {
    const read = await tpm.use(async (use) => {
      const endorsement = await tss.endorsementKey(use, kind)
      await tss.protect(use, endorsement)
      const key = await tss.attestationKey(use)
      const name = tss.nameOf(key.publicArea)
      const publicKey = publicKeyOf(kind, endorsement.publicArea)
      const made = makeCredential(publicKey, name, challenge, systemRandomness)
      return tss.activateCredential(use, key, endorsement, made)
    })
    t.equal(toHex(read), toHex(challenge), `is read by the TPM with that ${kind} key`)
  }
  await tpm.use(async (use) => {
    const endorsement = await tss.endorsementKey(use, 'rsa-2048')
    await tss.protect(use, endorsement)
    const key = await tss.attestationKey(use)
    const name = Uint8Array.from(tss.nameOf(key.publicArea))
    name[9] = (name[9] ?? 0) ^ 1
    const publicKey = publicKeyOf('rsa-2048', endorsement.publicArea)
    const made = makeCredential(publicKey, name, challenge, systemRandomness)
    const refusal = { code: 'not-of-this-tpm' }
    await t.rejects(tss.activateCredential(use, key, endorsement, made), refusal, 'for another key')
  })
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const short = () => makeCredential(publicKey, new Uint8Array(34), challenge, systemRandomness)
  t.throws(short, { code: 'enrolment' }, 'another kind of key is refused by name')
})

function publicKeyOf(kind: tss.EndorsementKind, publicArea: Uint8Array) {
  if (kind === 'ec-p256')
    return createPublicKey({
      key: Buffer.from(tss.spkiOf(publicArea)),
      type: 'spki',
      format: 'der',
    })
  const n = Buffer.from(tss.modulusOf(publicArea)).toString('base64url')
  return createPublicKey({ key: { kty: 'RSA', n, e: 'AQAB' }, format: 'jwk' })
}

await t.test('a maker’s certificate', needsTpm, async (t) => {
  const tpm = await TestTpm.start(t)
  const other = await TestTpm.start(t)
  const certificate = await tpm.tpm.use((use) => tss.endorsementCertificate(use, 'rsa-2048'))
  const roots = [new X509Certificate(await tpm.makersCertificate())]
  const nowMs = Date.parse('2030-01-01T00:00:00Z')
  t.equal(endorsedKey(certificate, [], roots, nowMs).asymmetricKeyType, 'rsa')
  const others = [new X509Certificate(await other.makersCertificate())]
  const stranger = () => endorsedKey(certificate, [], others, nowMs)
  t.throws(stranger, { code: 'enrolment', message: /lead to a trusted maker/ })
  const altered = Uint8Array.from(certificate)
  altered[altered.length - 3] = (altered.at(-3) ?? 0) ^ 1
  const forged = () => endorsedKey(altered, [], roots, nowMs)
  t.throws(forged, { code: 'enrolment', message: /lead to a trusted maker/ })
  const early = () => endorsedKey(certificate, [], roots, Date.parse('2001-01-01T00:00:00Z'))
  t.throws(early, { code: 'enrolment', message: /not valid now/ })
  const authority = new Uint8Array(new X509Certificate(await tpm.makersCertificate()).raw)
  t.throws(() => endorsedKey(authority, [], roots, nowMs), { message: /one of an authority/ })
  t.throws(() => endorsedKey(new Uint8Array(90), [], roots, nowMs), { message: /can't be read/ })
})

await t.test('enrolment by a one-time code', needsTpm, async (t) => {
  const tpm = await TestTpm.start(t)
  const stranger = await TestTpm.start(t)
  const next = await TestTpm.start(t)
  const makers = [await tpm.makersCertificate(), await next.makersCertificate()]
  const centre = await TestCentre.start(t, LATER_MS, { makers })
  const refused = (answer: { status: number; body: unknown }, status: number, detail: RegExp) =>
    t.match(answer, { status, body: { detail } })

  await t.test('is refused to keys that are not in a trusted TPM', async (t) => {
    const box = await invited(centre, 'stranger-box')
    const strange = await activate(centre, stranger, await stranger.request(box.code, box))
    t.match(strange, { status: 409, body: { detail: /lead to a trusted maker/ } })
    // another's certificate with a key of one's own: the secret can't be read
    const borrowed = await tpm.request(box.code, box)
    const own = await stranger.request(box.code, box, {
      endorsementCertificate: borrowed.endorsementCertificate,
    })
    // a software TPM may go into failure mode over a secret that was encrypted to another
    await t.rejects(activate(centre, stranger, own), { code: /not-of-this-tpm|failed/ })
    const free = tss.signingKey({ restricted: false })
    const lax = await tpm.request(box.code, box, { attestationKey: toBase64(free) })
    const answer = await centre.api('POST', '/enrolments/challenges', lax, {})
    t.match(answer, { status: 409, body: { detail: /attestation key|quotes alone/ } })
    t.match(await centre.entriesOf('enrolment-code-issued'), [{ data: { box: 'stranger-box' } }])
    t.match(await centre.entriesOf('enrolment-refused'), [{ data: { reason: /trusted maker/ } }])
  })

  await t.test('binds all that was asked for', async (t) => {
    const box = await invited(centre, 'bound')
    const honest = await tpm.request(box.code, box)
    const altered = { ...honest, agentKey: (await invited(centre, 'thief')).key.blob }
    const asked = await centre.api('POST', '/enrolments/challenges', altered, {})
    const { rows } = await centre.database.query<{ request: string }>(
      'SELECT request::text FROM centre.enrolment_codes WHERE request IS NOT NULL',
    )
    t.ok(rows.length > 0)
    for (const { request } of rows) t.notMatch(request, box.code, 'no code is kept, used or not')
    const secret = await tpm.read(challengeOf(asked.body))
    const proof = activationProof(secret, honest)
    const answer = await centre.api(
      'POST',
      '/enrolments/activations',
      { code: box.code, proof },
      {},
    )
    refused(answer, 409, /didn't read/)
  })

  await t.test('takes a box with its TPM, once', async (t) => {
    const box = await invited(centre, 'tpm-box')
    const request = await tpm.request(box.code, box)
    const answer = await activate(centre, tpm, request)
    t.match(answer, { status: 201, body: { sshHostKey: String, witnessKeys: [String, String] } })
    t.match((await centre.api('GET', '/boxes/tpm-box')).body, { id: 'tpm-box' })
    refused(await activate(centre, tpm, request), 403, /used already/)
    const enrolled = await centre.entriesOf('enrolled')
    t.match(enrolled, [{ data: { box: 'tpm-box', attestationKey: /^[0-9a-f]{64}$/ } }])
    await centre.ship(box)
    const { rows } = await centre.database.query(
      'SELECT request, secret FROM centre.enrolment_codes WHERE used_at IS NOT NULL',
    )
    t.strictSame(rows, [{ request: null, secret: null }], 'nothing of it stays')

    const again = await invited(centre, 'tpm-box')
    const same = { ...box, code: again.code }
    t.equal((await activate(centre, tpm, await tpm.request(again.code, same))).status, 201)
    const replaced = await centre.entriesOf('attestation-key-replaced')
    t.match(
      replaced,
      [{ data: { box: 'tpm-box' } }],
      'its counts begin anew, within one instant too',
    )
    t.same(await centre.kinds('tpm-box'), ['attestation-mismatch'], 'the same TPM is no change')

    const third = await invited(centre, 'tpm-box')
    const moved = { ...box, code: third.code }
    const elsewhere = await activate(centre, next, await next.request(third.code, moved))
    t.equal(elsewhere.status, 201)
    const declared = (await centre.findings('tpm-box')).filter(
      ({ kind }) => kind === 'hardware-change-declared',
    )
    t.match(declared, [{ sentence: { en: /Another TPM attests from now on/ } }])
    t.match(await centre.alerts(), [{ box: 'tpm-box' }])
    const back = await invited(centre, 'tpm-box')
    const returned = await tpm.request(back.code, { ...box })
    t.equal((await activate(centre, tpm, returned)).status, 201)
    const twin = await invited(centre, 'twin')
    const second = await activate(centre, tpm, await tpm.request(twin.code, twin))
    refused(second, 409, /the one of the box tpm-box/)
  })

  await t.test('ends with its code', async (t) => {
    const late = await invited(centre, 'late-box', 1)
    centre.clock.advance(61_000)
    const request = await tpm.request(late.code, late)
    refused(await activate(centre, tpm, request), 403, /expired/)
    const unknown = { ...request, code: '2222-3333-4444-5555-6666-7777-9999' }
    refused(await activate(centre, tpm, unknown), 403, /unknown/)
    const guessed = await invited(centre, 'guessed')
    const wrong = { ...request, code: `${guessed.code.slice(0, -1)}2` }
    wrong.code = wrong.code === guessed.code ? `${guessed.code.slice(0, -1)}3` : wrong.code
    for (let tries = 0; tries < 5; tries++)
      refused(await activate(centre, tpm, wrong), 403, /unknown/)
    const right = await tpm.request(guessed.code, guessed)
    refused(await activate(centre, tpm, right), 403, /refused too often/)
    t.equal((await centre.api('POST', '/enrolment-codes', {}, {})).status, 400)
  })
})

function challengeOf(body: unknown) {
  if (typeof body !== 'object' || body === null) throw new Error('no challenge')
  if (!('credential' in body) || !('secret' in body)) throw new Error(JSON.stringify(body))
  const { credential, secret } = body
  fromBase64(String(credential))
  return { credential: String(credential), secret: String(secret) }
}
