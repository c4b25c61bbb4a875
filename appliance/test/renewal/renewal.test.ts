import { request as callSocket } from 'node:http'
import t, { type Test } from 'tap'
import { formatEvidenceRecord, verifyEvidenceRecord } from '@probant/evidence'
import { ManualClock } from '@probant/host'
import { nodeCrypto } from '@probant/keys'
import { createPool } from '@probant/postgres'
import { hasOpenssl } from '@probant/timestamping/testing'
import { serveConsole } from '../../src/console/server.ts'
import { consoleSocket } from '../../src/console/socket.ts'
import { KeptRecords } from '../../src/renewal/records.ts'
import type { World } from '../world.ts'
import { authorityUntil, DAY_MS, signUntil, YEAR_MS } from './authorities.ts'
import { drivenBox, foundIn, renewalsOf, renewedTimes, until } from './box.ts'

t.setTimeout(120_000)
const skip = hasOpenssl ? false : 'the openssl command is not installed'

async function debts(world: World) {
  const answer = await world.call('GET', '/renewals', { token: world.identity.adminToken })
  const { items } = (await answer.json()) as { items: { kind: string; state: string }[] }
  return items.filter(({ kind }) => kind === 'outside-tokens')
}

/** The record of the first token over a head, as an expert judges it who knows these roots. */
async function judged(world: World, size: number, atMs: number) {
  const kept = await new KeptRecords(world.box.database, nodeCrypto).read({ size, place: 0 })
  const roots = kept.tokens.flatMap(({ path }) => path.slice(-1))
  const lists = kept.tokens.flatMap((token) => token.lists)
  const how = { objects: kept.objects, roots, lists, atMs }
  return verifyEvidenceRecord(nodeCrypto, formatEvidenceRecord(kept.record), how)
}

void t.test(
  'tokens are renewed before their authority’s certificate ends, all together, once',
  { skip },
  async (t) => {
    const clock = new ManualClock({ nowMs: Date.now() })
    const start = clock.nowMs()
    const authority = await authorityUntil(clock, 'a', start + YEAR_MS)
    t.teardown(() => authority.close())
    const dating = { authorities: [authority.settings], limitHours: 24 }
    const world = await drivenBox(t, clock, { dating })
    const { dating: dated } = world.box
    t.same(await debts(world), [])
    const size = await until(clock, 'dated', () => dated.datedSize || undefined)
    clock.advance(2 * DAY_MS)
    const second = await until(clock, 'dated again', () =>
      dated.datedSize > size ? dated.datedSize : undefined,
    )
    const listed = await until(clock, 'a debt', async () => {
      const found = await debts(world)
      return found.length > 0 ? found : undefined
    })
    t.match(listed, [{ what: 'CN=a first', count: 2, state: 'later' }])

    clock.advance(YEAR_MS - 82 * DAY_MS)
    const failed = await until(
      clock,
      'a failure',
      async () => (await renewalsOf(world, 'failed'))[0],
    )
    t.match(failed, { reason: 'no-quorum', stage: 'early', authorities: [{ code: 'of-no-use' }] })
    t.match(await debts(world), [{ state: 'due' }])
    clock.advance(3_600_000)
    await until(clock, 'another request', () => (authority.requests.length > 3 ? true : undefined))
    t.equal((await renewalsOf(world, 'failed')).length, 1, 'told once')

    const asked = { now: false, operator: 'léa' }
    t.match(await world.box.renewal.request(asked), { failures: [/no longer than/] })
    const mend = await damaged(t, world, second)
    await signUntil(authority, 'second', start + 3 * YEAR_MS)
    clock.advance(3_600_000)
    const [renewal] = await renewedTimes(world, clock, 1)
    t.match(renewal, { renewal: 1, kind: 'time-stamp-renewal', algorithm: 'sha512' })
    t.match(await debts(world), [{ what: 'CN=a first', count: 1 }, { what: 'CN=a second' }])
    await mend()
    t.same(await world.box.renewal.request(asked), { renewed: 1, failures: [] }, 'once mended')
    for (const head of [size, second]) {
      t.match(await judged(world, head, start + 2 * YEAR_MS), {
        verdict: { status: 'valid' },
        timeStamps: [
          { kind: 'first', authority: 'CN=a first' },
          { kind: 'time-stamp-renewal', authority: 'CN=a second', isRevocationChecked: true },
        ],
      })
    }
    t.match(await judged(world, size, start + 4 * YEAR_MS), { verdict: { status: 'cannot-tell' } })
    t.match(await debts(world), [{ what: 'CN=a second', state: 'later' }])
    t.same(await foundIn(world), [])
    clock.advance(3_600_000)
    await clock.run(120_000)
    t.equal((await renewalsOf(world, 'done')).length, 2, 'nothing is renewed twice')

    await askedAtConsole(t, world)
    await alteredIsNamed(t, world)
  },
)

/** Alters what was stamped once. @returns what puts it right again */
async function damaged(t: Test, world: World, size: number) {
  const owner = createPool({ ...world.database.connection, max: 1 })
  t.teardown(() => owner.close())
  const flip = async () => {
    await owner.query(`ALTER TABLE journal.datings DISABLE TRIGGER USER`)
    await owner.query(
      `UPDATE journal.datings SET seal = set_byte(seal, 40, get_byte(seal, 40) # 1) WHERE size = $1`,
      [size],
    )
    await owner.query(`ALTER TABLE journal.datings ENABLE TRIGGER USER`)
  }
  await flip()
  return flip
}

/** `box renew` and `box renew --now`. */
async function askedAtConsole(t: Test, world: World) {
  const console = await serveConsole(world.box)
  const ask = (body: object) =>
    new Promise<unknown>((resolve, reject) => {
      const socketPath = consoleSocket(world.settings)
      const headers = { 'content-type': 'application/json' }
      const call = callSocket(
        { socketPath, method: 'POST', path: '/renewals', headers },
        (response) => {
          let text = ''
          response.setEncoding('utf8').on('data', (part: string) => (text += part))
          response.on('end', () => resolve(JSON.parse(text)))
        },
      )
      call.on('error', reject)
      call.end(JSON.stringify(body))
    })
  t.same(await ask({ now: false, operator: 'léa' }), { renewed: 0, failures: [] }, 'nothing is due')
  t.match(await ask({ now: true, operator: 'léa' }), { renewed: 0, failures: [/no longer than/] })
  await console.close()
}

/** What root does to renewals, past their triggers, and puts right again. */
async function alteredIsNamed(t: Test, world: World) {
  const owner = createPool({ ...world.database.connection, max: 1 })
  t.teardown(() => owner.close())
  const tables = ['renewals', 'renewal_tokens', 'renewed_records', 'token_terms']
  const flip = (table: string, column: string) =>
    `UPDATE journal.${table} SET ${column} = set_byte(${column}, 40, get_byte(${column}, 40) # 1) WHERE octet_length(${column}) > 40`
  const changes: readonly [string, string, RegExp][] = [
    [flip('renewals', 'root'), flip('renewals', 'root'), /the tree that the tokens are over/],
    [flip('renewal_tokens', 'token'), flip('renewal_tokens', 'token'), /the tokens/],
    [flip('renewed_records', 'reduced'), flip('renewed_records', 'reduced'), /a record of/],
    [
      `UPDATE journal.token_terms SET path_ends = path_ends + '9 years'::interval`,
      `UPDATE journal.token_terms SET path_ends = path_ends - '9 years'::interval`,
      /the end of the token/,
    ],
    [
      `INSERT INTO journal.renewals SELECT 9, kind, algorithm, root, received_at FROM journal.renewals LIMIT 1`,
      `DELETE FROM journal.renewals WHERE number = 9`,
      /a trace for renewal 9/,
    ],
  ]
  const triggers = async (state: 'DISABLE' | 'ENABLE') => {
    for (const table of tables)
      await owner.query(`ALTER TABLE journal.${table} ${state} TRIGGER USER`)
  }
  const past = async (statement: string) => {
    await triggers('DISABLE')
    await owner.query(statement)
    await triggers('ENABLE')
  }
  for (const [change, back, what] of changes) {
    await past(change)
    t.match((await foundIn(world)).join('\n'), what)
    await past(back)
    t.same(await foundIn(world), [], 'as it was')
  }
}
