import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { request } from 'node:http'
import {
  cosignatureLine,
  cosignatureMessage,
  formatNote,
  formatVkey,
  memorySource,
  parseNote,
  parseVkey,
  verifyBundle,
} from '@probant/evidence'
import { nodeCrypto, rawPublicKey } from '@probant/keys'
import t, { type Test } from 'tap'
import { serveLocally } from '../../src/local/server.ts'
import { newestCheckpoint } from '../../src/store/journal.ts'
import { anchors, box, bundle } from '../seal-certificate/setting.ts'

const HOUR_MS = 3_600_000

interface TestWitness {
  readonly name: string
  readonly vkey: string
  readonly privateKey: KeyObject
}

function witnessCalled(name: string): TestWitness {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = rawPublicKey(
    'ed25519',
    new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })),
  )
  return { name, vkey: formatVkey(name, 4, raw, nodeCrypto), privateKey }
}

/** A box for which two witnesses have to cosign, and three may. */
async function threeWitnesses(t: Test) {
  const [centre, second, third] = ['centre', 'second.example/w', 'third.example/w'].map(
    witnessCalled,
  )
  if (centre === undefined || second === undefined || third === undefined) throw new Error('none')
  const setting = await box(t, {
    centre: { witnessKeys: [centre.vkey], auditKey: centre.vkey },
    witnessing: { refuseAfterHours: 2, required: 2, keys: [second.vkey, third.vkey] },
  })
  const { world, clock } = setting
  const local = await serveLocally(world.box)
  t.teardown(() => local.close())
  /** The newest checkpoint, cosigned by each of these. */
  const cosign = async (...witnesses: TestWitness[]) => {
    const head = await newestCheckpoint(world.box.database)
    const { text, signatures } = parseNote(head?.note ?? '')
    const timestamp = Math.floor(clock.nowMs() / 1000)
    const lines = witnesses.map(({ name, vkey, privateKey }) => {
      const message = cosignatureMessage({ name, type: 4 }, text, timestamp)
      const signature = new Uint8Array(sign(null, message, privateKey))
      return cosignatureLine(parseVkey(vkey), timestamp, signature)
    })
    const note = formatNote(text, [...signatures.map(({ line }) => line), ...lines])
    return post(world.settings.localSocket, '/cosignatures', { note })
  }
  return { ...setting, centre, second, third, cosign }
}

function post(socketPath: string, path: string, body: object): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const asked = request({ socketPath, path, method: 'POST', headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
    })
    asked.on('error', reject).end(JSON.stringify(body))
  })
}

await t.test('what is witnessed was cosigned by as many as are required', async (t) => {
  const setting = await threeWitnesses(t)
  const { world, clock, vault, token, admin, centre, second, third, cosign } = setting
  const body = new FormData()
  body.append('metadata', JSON.stringify({ title: 'facture' }))
  body.append('file', new Blob(['bytes']), 'facture.txt')
  const deposit = () => world.call('POST', `/vaults/${vault}/objects`, { token, body })
  const { id = '' } = (await (await deposit()).json()) as { id?: string }
  const path = `/vaults/${vault}/objects/${id}`
  const state = async () => {
    const object = (await (await world.call('GET', path, { token })).json()) as {
      receipt: { state: string }
    }
    return object.receipt.state
  }
  const head = async () =>
    (await (await world.call('GET', '/journal/head', { token: admin })).json()) as Record<
      string,
      unknown
    >
  const verified = async (requireWitnesses: number) =>
    verifyBundle(
      nodeCrypto,
      memorySource(await bundle(setting, id)),
      {
        ...anchors(setting),
        witnessKeys: [centre, second, third].map(({ vkey }) => parseVkey(vkey)),
      },
      { requireWitnesses },
    )

  t.equal(await cosign(centre), 204)
  t.equal(await state(), 'accepted', 'by one of two')
  t.match(await head(), { witnessedSize: 0, witnessedAt: null, requiredWitnesses: 2 })
  const one = await verified(1)
  t.match(one.facts, { witnesses: [{ name: 'centre' }] }, 'the bundle shows the one there is')
  t.equal(one.checks.find(({ name }) => name === 'cosignatures')?.verdict.status, 'valid')
  const two = (await verified(2)).checks.find(({ name }) => name === 'cosignatures')
  t.match(two, { isDecisive: true, verdict: { status: 'cannot-tell' } })

  clock.advance(2 * HOUR_MS + 60_000)
  t.match(await deposit(), { status: 503 }, 'one alone doesn’t keep deposits open')
  t.equal(await cosign(second), 204, 'under another checkpoint than the first')
  t.equal(await state(), 'accepted')
  t.match(await deposit(), { status: 503 })
  t.equal(await cosign(second, third), 204)
  t.equal(await state(), 'witnessed')
  clock.advance(10_000)
  t.match(await deposit(), { status: 201 })
  const found = await head()
  t.ok(Number(found['witnessedSize']) > 0)
  t.match(found['witnesses'], [
    { name: 'centre' },
    { name: 'second.example/w' },
    { name: 'third.example/w' },
  ])
  const all = (await verified(2)).checks.find(({ name }) => name === 'cosignatures')
  t.match(all, { verdict: { status: 'valid' } })
})

await t.test('more required than there are', async (t) => {
  const { vkey } = witnessCalled('second.example/w')
  const witnessing = { refuseAfterHours: null, required: 2, keys: [vkey, vkey] }
  await t.rejects(box(t, { witnessing }), { code: 'bad-settings' })
})
