import { isJsonObject, parseTrace, type Trace } from '@probant/evidence'
import { runAudit } from '../../src/commands/audit.ts'
import type { TestRelay } from '../support/mail.ts'
import type { CentreWithServer } from './own-server.ts'

/** What the centre acknowledged to an agent before it died. */
export interface Acknowledged {
  receipts: string[]
  heads: number[]
  /** Altered traces that it refused. */
  refused: number[]
  /** Windows that ended without a shipment. */
  deadlines: number
}

/** What is lost or there twice, in words; nothing where all is as it must be. */
export async function differences(
  own: CentreWithServer,
  relay: TestRelay,
  { receipts, heads, refused, deadlines }: Acknowledged,
): Promise<string[]> {
  const { database } = own
  const wrong: string[] = []
  const must = (holds: boolean, what: string) => {
    if (!holds) wrong.push(what)
  }
  const column = async (sql: string) =>
    (await database.query<{ value: string }>(sql)).rows.map(({ value }) => value)

  const stored = new Set(await column('SELECT receipt AS value FROM centre.segments'))
  must(
    receipts.every((receipt) => stored.has(receipt)),
    'a receipt that was given is not stored',
  )
  const bounds = await column(
    `SELECT start_seq || '-' || end_seq AS value FROM centre.segments ORDER BY start_seq`,
  )
  const follows = bounds.every((bound, at) => {
    const [start] = bound.split('-')
    return start === (at === 0 ? '0' : bounds[at - 1]?.split('-')[1])
  })
  must(follows, `segments overlap or leave a gap: ${bounds.join(' ')}`)
  const cosigned = await column('SELECT size::text AS value FROM centre.cosigned_heads')
  must(new Set(cosigned).size === cosigned.length, 'a head is cosigned twice')
  must(
    heads.every((size) => cosigned.includes(String(size))),
    'a cosigned head is not stored',
  )

  const altered = await column(
    `SELECT seq::text AS value FROM centre.findings WHERE kind = 'altered-trace'`,
  )
  must(new Set(altered).size === altered.length, 'a finding is there twice')
  must(
    refused.every((seq) => altered.includes(String(seq))),
    'a refusal without its finding',
  )
  const missing = await own.count("centre.findings WHERE kind = 'missing-shipment'")
  const judged = await own.count("centre.deadlines WHERE outcome = 'missed'")
  must(missing === deadlines && judged === deadlines, `${missing} of ${deadlines} deadlines told`)
  const unexpected = await column(
    `SELECT DISTINCT kind AS value FROM centre.findings WHERE kind NOT IN ('altered-trace', 'missing-shipment')`,
  )
  must(unexpected.length === 0, `findings of ${unexpected.join(', ')}`)

  const ids = relay.received.map(({ text }) => /^Message-ID: <([^@]*)@/im.exec(text)?.[1] ?? '')
  const sent = await column('SELECT notification_id::text AS value FROM centre.notifications')
  must(
    [...new Set(ids)].every((id) => sent.includes(id)),
    'a message that nobody ordered',
  )
  must(
    sent.every((id) => ids.includes(id)),
    'a message that never came',
  )
  const pending = await own.count("centre.notifications WHERE state <> 'delivered'")
  must(pending === 0, `${pending} messages are not done`)
  wrong.push(...(await journalled(own)))
  const audited = await runAudit(
    [],
    { settings: own.settings, json: true },
    new AbortController().signal,
  )
  must(audited === 0, 'supervisor audit finds differences')
  return wrong
}

/** Each finding and each alert has one entry in the alert journal, and no entry is without them. */
async function journalled({ database }: CentreWithServer): Promise<string[]> {
  const { rows } = await database.query<{ bytes: Buffer }>(
    'SELECT bytes FROM centre.alert_traces ORDER BY seq',
  )
  const traces = rows.map(({ bytes }) => parseTrace(new Uint8Array(bytes)))
  const wrong: string[] = []
  for (const [act, member, table, id] of [
    ['finding-raised', 'finding', 'findings', 'finding_id'],
    ['alert-opened', 'alert', 'alerts', 'alert_id'],
  ] as const) {
    const named = traces
      .filter((trace) => trace.act === act)
      .map((trace) => memberOf(trace, member))
    const found = await database.query<{ id: string }>(
      `SELECT ${id}::text AS id FROM centre.${table}`,
    )
    const there = found.rows.map((row) => row.id)
    if (named.sort().join() !== there.sort().join())
      wrong.push(`${table} and the alert journal differ`)
  }
  return wrong
}

function memberOf({ data }: Trace, member: string): string {
  const value = isJsonObject(data) ? data[member] : undefined
  return typeof value === 'string' ? value : ''
}
