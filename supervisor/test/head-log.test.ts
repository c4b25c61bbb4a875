import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  CompactRange,
  compareHeads,
  fromBase64,
  headLogLeaf,
  leafHash,
  parseCheckpoint,
  parseCosignature,
  parseHeadLogLeaf,
  parseNote,
  parseVkey,
  rootFromInclusion,
  toHex,
  verifyHeadLogNote,
  type Checkpoint,
} from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import type { LogAnswer } from '@probant/shipping'
import t from 'tap'
import { auditHeadLog } from '../src/audit/head-log.ts'
import { keepHeadLog } from '../src/head-log/keeper.ts'
import { DEFAULT_TENANT } from '../src/store/rows.ts'
import { TestCentre, type Followed } from './support/centre.ts'

const hashesOf = (hashes: readonly string[]) => hashes.map(fromBase64)

async function get(centre: TestCentre, path: string, token?: string) {
  const response = await fetch(`http://127.0.0.1:${centre.centre.ports.http}/api/v1/log${path}`, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  })
  return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) }
}

/** What the centre answers a box that asks for its log. */
async function ask(
  centre: TestCentre,
  followed: Followed,
  size: number,
  heads: { size: number; time: number }[] = [],
): Promise<LogAnswer> {
  const agent = await centre.connect(followed)
  await agent.channel.sendMessage('log', { size, heads })
  const answer = await agent.read('log-answer')
  await agent.bye()
  return answer
}

async function checkpointOf(centre: TestCentre, { note }: LogAnswer): Promise<Checkpoint> {
  const keys = centre.initialised.witnessKeys.map((vkey) => parseVkey(vkey, nodeCrypto))
  const { verdict, checkpoint } = await verifyHeadLogNote(nodeCrypto, note ?? '', keys)
  if (verdict.status !== 'valid' || checkpoint === undefined)
    throw new Error(JSON.stringify(verdict))
  return checkpoint
}

void t.test('what is cosigned is in the log, and the log only grows', async (t) => {
  const centre = await TestCentre.start(t)
  const { context } = centre.centre
  const followed = await centre.follow('east')
  const empty = await ask(centre, followed, 0, [{ size: 1, time: 1 }])
  t.same(empty, { note: null, proof: [], inclusions: [null] })
  t.equal((await get(centre, '/checkpoint')).status, 404)
  const cosigned: { size: number; time: number; leaf: Uint8Array }[] = []
  const cosign = async (times: number) => {
    for (let head = 0; head < times; head++) {
      followed.box.acts(1)
      const { size = 0, lines = [] } = await centre.head(followed)
      const [line = ''] = lines
      const text = parseNote(followed.box.checkpoint(size)).text
      const [signature] = parseNote(`${text}\n${line}\n`).signatures
      const time = parseCosignature(signature ?? { blob: new Uint8Array() }).timestamp
      cosigned.push({ size, time, leaf: headLogLeaf(nodeCrypto, text, time) })
    }
  }
  await cosign(3)
  await keepHeadLog(context)
  const first = await checkpointOf(centre, await ask(centre, followed, 0))
  t.match(first, { origin: 'centre.test/heads/1', size: 3 })
  await cosign(5)
  const waiting = await ask(centre, followed, 3, [
    { size: cosigned[4]?.size ?? 0, time: cosigned[4]?.time ?? 0 },
  ])
  const isSigned = parseCheckpoint(parseNote(waiting.note ?? '').text).size === 8
  t.ok(isSigned || waiting.inclusions[0] === null, 'a head that has no place yet is not shown')
  await Promise.all([keepHeadLog(context), keepHeadLog(context)])
  const answer = await ask(
    centre,
    followed,
    first.size,
    cosigned.map(({ size, time }) => ({ size, time })),
  )
  const second = await checkpointOf(centre, answer)
  t.equal(second.size, 8)
  t.equal(compareHeads(nodeCrypto, first, second, hashesOf(answer.proof)), 'consistent')
  for (const [at, { leaf }] of cosigned.entries()) {
    const { index = -1, path = [] } = answer.inclusions[at] ?? {}
    const hash = leafHash(nodeCrypto, leaf)
    const root = rootFromInclusion(nodeCrypto, BigInt(index), 8n, hash, hashesOf(path))
    t.same(root, second.root, `the head of size ${cosigned[at]?.size ?? 0}`)
  }
  t.same((await ask(centre, followed, 8)).proof, [])
  const beyond = await ask(centre, followed, 9, [{ size: 2, time: 17 }])
  t.match(beyond, { proof: [], inclusions: [null] }, 'more than there is; another second')

  const token = centre.initialised.supervisionToken
  t.same(new TextDecoder().decode((await get(centre, '/checkpoint')).bytes), answer.note)
  const tile = await get(centre, '/tile/0/000.p/8')
  const range = new CompactRange(nodeCrypto)
  for (let at = 0; at < 8; at++) range.append(tile.bytes.slice(at * 32, at * 32 + 32))
  t.same(range.root(), second.root, 'a tile of hashes, for anybody')
  t.equal((await get(centre, '/tile/0/000')).status, 404, 'not full yet')
  t.equal((await get(centre, '/tile/1/000.p/1')).status, 404)
  t.equal((await get(centre, '/tile/0/x000')).status, 404)
  t.equal((await get(centre, '/tile/entries/000.p/8')).status, 401)
  const entries = await get(centre, '/tile/entries/000.p/2', token)
  const length = (entries.bytes[0] ?? 0) * 256 + (entries.bytes[1] ?? 0)
  t.match(parseHeadLogLeaf(entries.bytes.slice(2, 2 + length)), { origin: 'east/1', size: 2 })

  await centre.restart()
  const later = await checkpointOf(centre, await ask(centre, followed, 8))
  t.same(later, second, 'after a restart')
})

void t.test('hundreds of heads at once: tiles fill, one signature for all', async (t) => {
  const centre = await TestCentre.start(t)
  const { context } = centre.centre
  const followed = await centre.follow('east')
  const time = Math.floor(centre.clock.nowMs() / 1000)
  const insert = (count: number) =>
    centre.database.query(
      `INSERT INTO centre.head_log_queue (tenant_id, box_id, origin, size, cosigned_at, leaf)
       SELECT $1, 'east', 'east/1', n, $2, convert_to(n::text, 'UTF8') FROM generate_series(1, $3) n`,
      [DEFAULT_TENANT, new Date(time * 1000), count],
    )
  await insert(700)
  await keepHeadLog(context)
  const first = await checkpointOf(centre, await ask(centre, followed, 0))
  await insert(2600)
  await keepHeadLog(context)
  const answer = await ask(centre, followed, 700, [{ size: 699, time }])
  const second = await checkpointOf(centre, answer)
  t.same([first.size, second.size], [700, 3300])
  t.equal(compareHeads(nodeCrypto, first, second, hashesOf(answer.proof)), 'consistent')
  const range = new CompactRange(nodeCrypto)
  for (const count of [700, 2600])
    for (let n = 1; n <= count; n++)
      range.append(leafHash(nodeCrypto, new TextEncoder().encode(String(n))))
  t.equal(toHex(second.root), toHex(range.root()))
  t.equal((await get(centre, '/tile/0/011')).bytes.length, 8192)
  t.equal((await get(centre, '/tile/1/000.p/12')).bytes.length, 12 * 32)
  const { rows } = await centre.database.query('SELECT size FROM centre.head_log_checkpoints')
  t.equal(rows.length, 2)
})

void t.test('what root changes in the log: audited, and not signed', async (t) => {
  const centre = await TestCentre.start(t)
  const { context } = centre.centre
  const followed = await centre.follow('east')
  for (let head = 0; head < 4; head++) {
    followed.box.acts(1)
    await centre.head(followed)
  }
  await keepHeadLog(context)
  const audited = async () => (await auditHeadLog(context, DEFAULT_TENANT))?.differences
  t.same(await audited(), [])
  await writeFile(join(centre.settings.home, 'settings.json'), JSON.stringify(centre.settings))
  const sql = (text: string) => centre.database.query(text)
  const update = context.database.query('UPDATE centre.head_log_leaves SET size = 9')
  await t.rejects(update, { message: /permission denied/ })
  await t.rejects(sql(`UPDATE centre.head_log_tiles SET hashes = substring(hashes FROM 33)`), {
    message: /append-only/,
  })
  await sql('SET session_replication_role = replica')
  const changed = async (change: string, back: string, expected: object) => {
    await sql(change)
    t.match(await audited(), [expected], change)
    await sql(back)
    t.same(await audited(), [], `put right: ${back}`)
  }
  await changed(
    'UPDATE centre.head_log_leaves SET size = 99 WHERE leaf_index = 2',
    'UPDATE centre.head_log_leaves SET size = 4 WHERE leaf_index = 2',
    { seq: 2 },
  )
  const leaf = (set: string) =>
    `UPDATE centre.head_log_leaves SET leaf = ${set} WHERE leaf_index = 1`
  await changed(
    leaf(`overlay(leaf placing 'W'::bytea from 9)`),
    leaf(`overlay(leaf placing 'o'::bytea from 9)`),
    { seq: 1 },
  )
  await changed(
    `UPDATE centre.head_log_checkpoints SET note = replace(note, E'\\n4\\n', E'\\n3\\n')`,
    `UPDATE centre.head_log_checkpoints SET note = replace(note, E'\\n3\\n', E'\\n4\\n')`,
    { seq: 4 },
  )
  await changed(
    'UPDATE centre.head_logs SET size = 3, range = substring(range || range FROM 1 FOR 64)',
    `UPDATE centre.head_logs SET size = 4, range = (SELECT substring(range FROM 1 FOR 32) FROM centre.head_logs)`,
    { found: '3' },
  )
})

void t.test('a head that was cosigned and is not in the log is found', async (t) => {
  const centre = await TestCentre.start(t)
  const { context } = centre.centre
  const followed = await centre.follow('east')
  followed.box.acts(1)
  const before = centre.centre.context.wake
  centre.centre.context.wake = () => undefined
  await centre.head(followed)
  await centre.database.query('DELETE FROM centre.head_log_queue')
  await centre.database.query('DELETE FROM centre.head_log_leaves WHERE false')
  centre.centre.context.wake = before
  await keepHeadLog(context)
  t.match((await auditHeadLog(context, DEFAULT_TENANT))?.differences, [
    { place: 'centre.test/heads/1', expected: /east\/1 at size 2/, found: 'none' },
  ])
})
