import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatVkey } from '@probant/evidence'
import { nodeCrypto, openProvider } from '@probant/keys'
import t, { type Test } from 'tap'
import { enrolBox, fingerprintEnrolment } from '../../agent/src/command-line/enrol.ts'
import type { AgentSettings } from '../../agent/src/settings.ts'
import { SSH_KEY_LABEL } from '../../agent/src/ssh/signing-key.ts'
import { TestAppliance } from '../../agent/test/fixtures/appliance.ts'
import { newAgentKey } from '../../supervisor/test/support/agent.ts'
import { TestCentre } from '../../supervisor/test/support/centre.ts'

// A box without a TPM and a centre that meet over a network that somebody may sit on; two people compare words.

const BOX = 'box-9'
const ORIGIN = `${BOX}/1`

async function meeting(t: Test) {
  const centre = await TestCentre.start(t)
  const folder = await mkdtemp(join(tmpdir(), 'probant-words-'))
  const keys = { provider: 'software', folder: join(folder, 'keys') }
  const provider = await openProvider(keys)
  await provider.generate(SSH_KEY_LABEL, 'ec-p256')
  const journal = await provider.publicKey(await provider.generate('journal', 'ec-p256'))
  await provider.close()
  const appliance = await TestAppliance.open(join(folder, 'box.sock'))
  t.teardown(async () => {
    await appliance.close()
    await rm(folder, { recursive: true })
  })
  const settings: AgentSettings = {
    boxId: BOX,
    origin: ORIGIN,
    home: folder,
    database: { socketFolder: folder, port: 1, database: 'none', user: 'none', password: 'none' },
    applianceSocket: appliance.socketPath,
    administration: { host: '127.0.0.1', port: 0 },
    centre: null,
    keys,
    heads: null,
    window: null,
    controlSocket: join(folder, 'agent.sock'),
  }
  const direct = `http://127.0.0.1:${centre.centre.ports.http}/api/v1`
  const newCode = async () => {
    const { body } = await centre.api('POST', '/enrolment-codes', {
      boxId: BOX,
      name: 'Box 9',
      schedule: {
        heads: { everySeconds: 60 },
        window: { start: '22:00', end: '05:00' },
        timeZone: 'Europe/Paris',
        graceMinutes: 60,
      },
    })
    return (body as { code: string }).code
  }
  return {
    centre,
    appliance,
    direct,
    newCode,
    /** At the box's console. @returns the words that are read out */
    begin: async (code: string, address = direct, language: 'fr' | 'en' = 'en') => {
      const codeFile = join(folder, 'code')
      await writeFile(codeFile, code)
      const journalKey = formatVkey(ORIGIN, 2, journal, nodeCrypto)
      const options = { centre: address, codeFile, journalKey, certificates: [] }
      t.equal(await enrolBox(settings, options), undefined, 'nothing to pin yet')
      return (await fingerprintEnrolment(settings).words(language)).join(' ')
    },
    answer: (words: string) => fingerprintEnrolment(settings).confirm(words),
    /** At the centre. */
    type: (code: string, words: string) =>
      centre.api('POST', '/enrolments/confirmations', { code, words }),
  }
}

interface Confirmed {
  readonly boxId: string
  readonly answer: { readonly fr: string[]; readonly en: string[] }
}

await t.test('words are read both ways, and both sides record it', async (t) => {
  const { centre, appliance, newCode, begin, answer, type } = await meeting(t)
  const code = await newCode()
  t.match(await type(code, 'abandon ability'), { status: 409, body: { detail: /no box has/ } })
  const words = await begin(code, undefined, 'fr')
  t.equal(words.split(' ').length, 12)
  t.equal((await centre.api('GET', `/boxes/${BOX}`)).status, 404, 'not followed yet')
  const unsigned = await centre.api('POST', '/enrolments/confirmations', { code, words }, {})
  t.equal(unsigned.status, 401, 'an operator types them')
  const typed = words.normalize('NFD').replaceAll(/\p{M}/gu, '').toUpperCase()
  const { status, body } = await type(code, `  ${typed.replaceAll(' ', '\n')} `)
  t.equal(status, 201)
  const { boxId, answer: back } = body as Confirmed
  t.equal(boxId, BOX)
  t.equal((await centre.api('GET', `/boxes/${BOX}`)).status, 200)
  t.match(await type(code, words), { status: 403, body: { detail: /used already/ } })
  await t.rejects(answer('zoo zoo zoo zoo'), { code: 'refused-words' })
  const { witnessKeys, auditKey, sshHostKey } = centre.initialised
  t.match(await answer(back.en.join(' ')), { witnessKeys, auditKey, sshHostKey })
  t.match(await answer(back.fr.join(' ')), { auditKey }, 'in either language')
  const [confirmed] = await centre.entriesOf('enrolment-fingerprint-confirmed')
  t.match(confirmed, { data: { box: BOX, fingerprint: /^[0-9a-f]{64}$/ } })
  t.match(await centre.entriesOf('enrolled'), [{ data: { box: BOX } }])
  const { fingerprint } = (confirmed as unknown as { data: { fingerprint: string } }).data
  t.same(appliance.enrolments.slice(0, 3), [
    { step: 'begun', fingerprint },
    { step: 'refused', fingerprint },
    { step: 'confirmed', fingerprint },
  ])
})

await t.test('a key that is exchanged on its way is found', async (t) => {
  const thief = newAgentKey().blob
  const exchanges = {
    'the agent’s key': (sent: object) => ({ sent: { ...sent, agentKey: thief } }),
    'the centre’s host key': (sent: object, got: object) => ({
      sent,
      got: { ...got, sshHostKey: thief },
    }),
    'the audit key': (sent: object, got: object) => ({ sent, got: { ...got, auditKey: 'x' } }),
    'where the centre is': (sent: object, got: object) => ({
      sent,
      got: { ...got, ssh: { host: 'elsewhere.example', port: 22 } },
    }),
  }
  const { centre, direct, newCode, begin, type } = await meeting(t)
  for (const [what, exchange] of Object.entries(exchanges)) {
    const address = await between(t, direct, exchange)
    const code = await newCode()
    const words = await begin(code, address)
    t.match(await type(code, words), { status: 409, body: { detail: /not those of/ } }, what)
    t.equal((await centre.api('GET', `/boxes/${BOX}`)).status, 404)
  }
  const count = Object.keys(exchanges).length
  const refusals = await centre.entriesOf('enrolment-refused', count)
  t.equal(refusals.length, count)
  for (const refusal of refusals) t.match(refusal, { data: { box: BOX, reason: /words/ } })
})

await t.test('the last who presents keys counts, and words end with their code', async (t) => {
  const { centre, newCode, begin, type } = await meeting(t)
  const code = await newCode()
  const words = await begin(code)
  const other = {
    code,
    origin: ORIGIN,
    journalKey: formatVkey(ORIGIN, 2, await anotherKey(t), nodeCrypto),
    agentKey: newAgentKey().blob,
  }
  const presented = await centre.api('POST', '/enrolments/presentations', other, {})
  t.equal(presented.status, 201, 'by somebody who read the code')
  t.equal((await type(code, words)).status, 409)
  t.not(await begin(code), words, 'the same keys again have other words')
  for (let tries = 0; tries < 4; tries++) t.equal((await type(code, words)).status, 409)
  t.match(await type(code, words), { status: 403, body: { detail: /refused too often/ } })
  const tpm = { code, proof: '0'.repeat(64) }
  t.equal((await centre.api('POST', '/enrolments/activations', tpm, {})).status, 403)
  const fresh = await newCode()
  await begin(fresh)
  t.match(
    await centre.api('POST', '/enrolments/activations', { ...tpm, code: fresh }, {}),
    { status: 409, body: { detail: /nothing was asked/ } },
    'words are no TPM',
  )
})

async function anotherKey(t: Test): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'probant-words-'))
  t.teardown(() => rm(folder, { recursive: true }))
  const provider = await openProvider({ provider: 'software', folder })
  const key = await provider.publicKey(await provider.generate('journal', 'ec-p256'))
  await provider.close()
  return key
}

/** Somebody on the network, who changes what is sent or what comes back. */
async function between(
  t: Test,
  centre: string,
  exchange: (sent: object, got: object) => { sent: object; got?: object },
): Promise<string> {
  const server = createServer((request, response) => {
    void (async () => {
      let text = ''
      for await (const chunk of request.setEncoding('utf8')) text += String(chunk)
      const asked = JSON.parse(text) as object
      const forwarded = await fetch(`${centre}${request.url ?? ''}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(exchange(asked, {}).sent),
      })
      const answered = (await forwarded.json()) as object
      response.writeHead(forwarded.status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(exchange(asked, answered).got ?? answered))
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
}
