import { generateKeyPairSync, sign } from 'node:crypto'
import { cp, rm } from 'node:fs/promises'
import {
  formatNote,
  formatVkey,
  fromBase64,
  keyIdOf,
  signatureLine,
  toBase64,
  utf8,
} from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import type { Attestation, AttestationAnswer, AttestationRequest } from '@probant/shipping'
import t from 'tap'
import { Type } from 'typebox'
import { replay } from '../src/attestation/event-log.ts'
import { formatText, type ReferenceValues } from '../src/attestation/reference-values.ts'
import { TestAgent } from './support/agent.ts'
import { LATER_MS, TestCentre, type Followed } from './support/centre.ts'
import { digestOfEvent, eventLogOf } from './support/event-log.ts'
import { read } from './support/shapes.ts'
import { followedByTpm, needsTpm, TestTpm } from './support/tpm.ts'

const SIGNER = 'release.test'
const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const raw = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32))
const vkey = formatVkey(SIGNER, 1, raw, nodeCrypto)

function signed(values: ReferenceValues): string {
  const text = formatText(values)
  const keyId = keyIdOf(nodeCrypto, SIGNER, 1, raw)
  return formatNote(text, [signatureLine(SIGNER, keyId, sign(null, utf8(text), privateKey))])
}

function file(sequence: number, pcrs: Record<string, string[]>): string {
  const issued = '2030-01-01T00:00:00.000Z'
  return signed({ bank: 'sha256', issued, profiles: [{ name: 'model A', pcrs }], sequence })
}

const BoxShape = Type.Object({
  attestation: Type.String(),
  attestedAt: Type.Union([Type.Null(), Type.String()]),
})
const AttestationsShape = Type.Object({
  items: Type.Array(
    Type.Object({
      outcome: Type.String(),
      pcrsSha256: Type.Union([Type.Null(), Type.String()]),
      resetCount: Type.Union([Type.Null(), Type.Integer()]),
    }),
  ),
})
const ZERO = '0'.repeat(64)

await t.test('what a box attests', needsTpm, async (t) => {
  const tpm = await TestTpm.start(t)
  const makers = [await tpm.makersCertificate()]
  const centre = await TestCentre.start(t, LATER_MS, { makers, referenceKeys: [vkey] })
  const followed = await followedByTpm(centre, tpm, 'tpm-box')
  const shown = async () => read(BoxShape, (await centre.api('GET', '/boxes/tpm-box')).body)
  const open = async () =>
    (await centre.findings('tpm-box')).filter(({ resolvedAt }) => resolvedAt === undefined)
  const ship = (state?: (asked: AttestationRequest) => Promise<Attestation>) =>
    shipWith(centre, followed, state)

  t.match(await shown(), { attestation: 'not-attested', attestedAt: null })

  await t.test('values that nobody vouches for, then a signed file', async (t) => {
    const unknown = await ship((asked) => tpm.attest(asked))
    t.match(unknown, {
      status: 200,
      findings: [
        {
          kind: 'attestation-mismatch',
          expected: /signed file or two operators/,
          found: /0=0{64}/,
        },
      ],
    })
    t.match(await shown(), { attestation: 'mismatch' })
    const forged = file(1, { 4: [ZERO] }).replace('model A', 'model B')
    t.match(await centre.api('POST', '/reference-values', { note: forged }), { status: 422 })
    t.equal(
      (await centre.api('POST', '/reference-values', { note: file(2, { 4: [ZERO] }) })).status,
      201,
    )
    t.match(await centre.api('POST', '/reference-values', { note: file(1, { 4: [ZERO] }) }), {
      status: 422,
      body: { detail: /number 1; 2 of the same signer/ },
    })
    t.strictSame(await ship((asked) => tpm.attest(asked)), { status: 200, findings: [] })
    t.match(await shown(), { attestation: 'attested', attestedAt: String })
    t.strictSame(await open(), [], 'what was found is resolved')
  })

  await t.test('liars are named', async (t) => {
    const flipped = await ship(async (asked) => {
      const honest = await tpm.attest(asked)
      const statement = Uint8Array.from(fromBase64(honest.statement))
      statement[statement.length - 1] = (statement.at(-1) ?? 0) ^ 1
      return { ...honest, statement: toBase64(statement) }
    })
    t.match(flipped.findings, [{ kind: 'attestation-mismatch', found: /signature that does not/ }])
    const replayed = await ship(async ({ pcrs }) => tpm.attest({ nonce: 'ab'.repeat(32), pcrs }))
    t.match(replayed.findings, [
      { kind: 'attestation-mismatch', found: `the nonce ${'ab'.repeat(32)}` },
    ])
    const fewer = await ship(async ({ nonce }) => tpm.attest({ nonce, pcrs: [0] }))
    t.match(fewer.findings, [{ found: 'the registers sha256:0' }])
    const other = await ship(async (asked) => {
      const honest = await tpm.attest(asked)
      return { ...honest, values: honest.values.with(2, 'cd'.repeat(32)) }
    })
    t.match(other.findings, [{ kind: 'attestation-mismatch', expected: /as quoted/ }])
    await t.rejects(
      ship(async (asked) => ({ ...(await tpm.attest(asked)), statement: 'AB==' })),
      /attestation: /,
    )
    t.match(await shown(), { attestation: 'mismatch' }, 'garbage is no attestation')
  })

  await t.test('an event log is held against what was quoted', async (t) => {
    const events = [
      { pcr: 4, text: 'a boot loader' },
      { pcr: 4, text: 'a kernel' },
    ]
    const logged = (bytes: Uint8Array) => (asked: AttestationRequest) =>
      tpm.attest(asked, { state: 'given', bytes: toBase64(bytes) })
    t.strictSame((await ship(logged(eventLogOf([])))).findings, [])
    for (const event of events) await tpm.extend(event.pcr, digestOfEvent(event))
    const changed = await ship(logged(eventLogOf(events)))
    t.match(changed.findings, [
      {
        kind: 'attestation-mismatch',
        expected: /as model A states: 4=0{64}/,
        found: /4=[0-9a-f]{64}/,
      },
    ])
    const cut = await ship(logged(eventLogOf(events.slice(1))))
    t.match(cut.findings, [{ expected: /event log that gives register 4/ }])
    const garbage = await ship(logged(new Uint8Array(5000).fill(255)))
    t.match(garbage.findings, [{ found: /an event log that can’t/ }])
    const none = await ship((asked) => tpm.attest(asked))
    t.ok(none.findings?.some(({ found }) => found === 'an event log that is absent'))
  })

  await t.test('two different operators take values on themselves', async (t) => {
    const { items } = read(
      AttestationsShape,
      (await centre.api('GET', '/boxes/tpm-box/attestations')).body,
    )
    const pcrsSha256 = items[0]?.pcrsSha256
    const path = '/boxes/tpm-box/attestation-approvals'
    const approval = { pcrsSha256, reason: 'the update of this week' }
    t.match(await centre.api('POST', path, approval), { status: 201, body: { approvals: 1 } })
    t.match(await centre.api('POST', path, approval), {
      status: 409,
      body: { detail: /another operator/ },
    })
    const never = { ...approval, pcrsSha256: 'ef'.repeat(32) }
    t.match(await centre.api('POST', path, never), {
      status: 409,
      body: { detail: /not attested/ },
    })
    const second = await centre.secondOperator()
    const headers = { authorization: `Bearer ${second}` }
    t.match(await centre.api('POST', path, approval, headers), {
      status: 201,
      body: { approvals: 2, needed: 2 },
    })
    t.strictSame(
      (await ship((asked) => tpm.attest(asked))).findings?.map(({ found }) => found),
      ['an event log that is absent'],
    )
    const events = [
      { pcr: 4, text: 'a boot loader' },
      { pcr: 4, text: 'a kernel' },
    ]
    const bytes = toBase64(eventLogOf(events))
    const approved = await ship((asked) => tpm.attest(asked, { state: 'given', bytes }))
    t.strictSame(approved, { status: 200, findings: [] })
    t.match(await shown(), { attestation: 'attested' })
    const acts = await centre.entriesOf('attestation-approved', 2)
    t.match(acts, [{ data: { approval: 1 } }, { data: { approval: 2 } }])
    t.notMatch(JSON.stringify(acts), /update of this week/)
  })

  await t.test('a shipment without a quote', async (t) => {
    await ship()
    t.match(await shown(), { attestation: 'missing' })
    t.match(await open(), [{ kind: 'attestation-mismatch', found: /none with the shipment/ }])
  })

  await t.test('another TPM, from which nothing is taken', async (t) => {
    const thief = await TestTpm.start(t)
    const before = followed.box.size
    const answer = await ship((asked) => thief.attest(asked))
    t.match(answer, { status: 422, findings: [{ kind: 'clone' }] })
    t.ok((await centre.kinds('tpm-box')).includes('clone'))
    const { body } = await centre.api('GET', '/boxes/tpm-box')
    t.match(body, { state: 'alert', lastShipment: { size: before } })
  })

  await t.test('a TPM put back to an older state', async (t) => {
    const { software } = tpm
    await software.stop()
    const copy = `${software.folder}-copy`
    t.teardown(() => rm(copy, { recursive: true }))
    await cp(software.folder, copy, { recursive: true })
    const bytes = toBase64(eventLogOf([]))
    const attest = () => ship((asked) => tpm.attest(asked, { state: 'given', bytes }))
    for (let starts = 0; starts < 2; starts++) {
      await software.start()
      t.strictSame((await attest()).findings, [], 'each start counts on')
      await software.stop()
    }
    await cp(copy, software.folder, { recursive: true })
    await software.start()
    t.match((await attest()).findings, [
      { kind: 'hardware-counter-regression', expected: /at least reset/ },
    ])
  })
})

await t.test('a log never makes the centre read beyond it', (t) => {
  t.match(replay(new Uint8Array()), { status: 'unreadable' })
  const honest = eventLogOf([{ pcr: 4, text: 'a boot loader' }])
  for (let length = 0; length < honest.length; length++) {
    const { status } = replay(honest.subarray(0, length))
    const atBoundary = length === eventLogOf([]).length
    t.equal(status, atBoundary ? 'replayed' : 'unreadable', `cut at ${length}`)
  }
  const many = eventLogOf(Array.from({ length: 20_001 }, () => ({ pcr: 4, text: '' })))
  t.match(replay(many), { status: 'unreadable', why: /more than 20000 events/ })
  t.end()
})

/** One night: a new trace, the quote that `state` makes, everything else. @returns the answer to the quote */
async function shipWith(
  centre: TestCentre,
  { box, key }: Followed,
  state?: (asked: AttestationRequest) => Promise<Attestation>,
): Promise<AttestationAnswer> {
  const agent = await TestAgent.connect(centre.centre.ports.ssh, box.boxId, key)
  try {
    const boxTimeMs = centre.clock.nowMs()
    const welcome = await agent.hello(box, { boxTimeMs, attests: state !== undefined })
    let answer: AttestationAnswer = { status: 200 }
    if (state !== undefined) {
      if (welcome.attestation === undefined) throw new Error('nothing was asked for')
      answer = await agent.attest(await state(welcome.attestation))
    }
    if (answer.status === 200) box.act()
    await agent.ship(box)
    await agent.bye()
    centre.clock.advance(60_000)
    return answer
  } catch (error) {
    agent.cut()
    throw error
  }
}
