import type { Client } from '@probant/postgres'
import { agentStatus, routeAgentTo } from '../agent-route.ts'
import { attack, honest, type Attack, type Deed } from '../attack.ts'
import { startClone } from '../clone.ts'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import type { Specimen } from '../specimen.ts'

const logShown = Type.Object({ note: Type.String() })

const bySession = {
  expected: ['supervisor-equivocation'],
  raisedBy: 'box',
  bound: 'the next session (60 s by default), or “agent ship --now”',
  boundS: 75,
} as const

/** What whoever operates the centre could do: attacks 36 and 37. */
export const centre: readonly Attack[] = [
  attack({
    id: '36',
    attack: 'the centre’s database rolled back to what it was before the last shipment',
    expected: ['supervisor-rollback'],
    raisedBy: 'box',
    bound: 'the next session (60 s by default), or “agent ship --now”',
    boundS: 75,
    carryOut: rollBack,
  }),
  honest({
    id: '36h',
    attack: 'the same, announced to the client, whose administrator accepts it',
    ...bySession,
    carryOut: async (specimen) => {
      await rollBack(specimen)
      await specimen.ship()
      const accepted = await specimen.askAgent(
        'POST',
        '/accepted-centre-restores',
        'its disk failed; the operator telephoned',
      )
      if (accepted.status !== 200) throw new Error(accepted.text)
      await specimen.deposit('after the restore')
      return {
        watch: async () => {
          if (!(await specimen.ship())) throw new Error('the centre does not take its shipment')
          return (await agentStatus(specimen)).seen
        },
      }
    },
  }),
  attack({
    id: '37',
    attack: 'two histories of the box cosigned, by one centre on two databases',
    ...bySession,
    carryOut: showOtherHistory,
  }),
  attack({
    id: '37b',
    attack: 'two clients shown two logs of what was cosigned, each whole in itself',
    ...bySession,
    bound: 'as soon as the two compare (“agent centre-log --compare”)',
    carryOut: showTwoLogs,
  }),
  honest({
    id: '37h',
    attack: 'what this box was shown compared later, the centre restarted between',
    ...bySession,
    carryOut: async (specimen) => {
      await specimen.ship()
      const shown = await shownLog(specimen)
      await specimen.deposit('cosigned as everything else')
      await specimen.restart('supervisor')
      await specimen.ship()
      return { watch: () => compared(specimen, shown) }
    },
  }),
]

/** The box and a clone of it at work, each with a centre that has the same keys; then the box is shown what the other one cosigned. */
async function showOtherHistory(specimen: Specimen): Promise<Deed> {
  const other = await workAtTwoCentres(specimen)
  await routeAgentTo(specimen, other.firstPort + 3)
  return {
    watch: async () => {
      await specimen.ship()
      return (await agentStatus(specimen)).seen
    },
  }
}

/** To the box its own centre shows nothing wrong: it is what the other client was shown that contradicts it. */
async function showTwoLogs(specimen: Specimen): Promise<Deed> {
  const other = await workAtTwoCentres(specimen)
  const shown = await shownLog(other)
  if ((await agentStatus(specimen)).seen.length > 0)
    throw new Error('the box saw something before anybody compared')
  return { watch: () => compared(specimen, shown) }
}

async function workAtTwoCentres(specimen: Specimen): Promise<Specimen> {
  const other = await startClone(specimen)
  for (const [box, deposits] of [[specimen, 1] as const, [other, 3] as const])
    for (let at = 0; at < deposits; at += 1) {
      await box.deposit(`history ${at}`)
      if (!(await box.ship())) throw new Error('its centre does not cosign it')
      await specimen.clock.sleep(PLACED_WITHIN_MS)
    }
  return other
}

/** A cosigned head has its place in the centre’s log after two seconds; the next session is shown it. */
const PLACED_WITHIN_MS = 2500

/** The newest checkpoint of the centre’s log that the agent was shown, as another client would get it. */
async function shownLog(specimen: Specimen): Promise<string> {
  const { status, text } = await specimen.askAgent('GET', '/centre-log')
  if (status !== 200) throw new Error(`the agent was shown no log: ${text}`)
  return Value.Parse(logShown, JSON.parse(text)).note
}

async function compared(specimen: Specimen, note: string) {
  const { status, text } = await specimen.askAgent('POST', '/centre-log-comparisons', note)
  if (status !== 200) throw new Error(`nothing is compared: ${text}`)
  return (await agentStatus(specimen)).seen
}

async function rollBack(specimen: Specimen): Promise<Deed> {
  await specimen.root(keepAside, 'centre')
  await specimen.deposit('audited, then forgotten')
  if (!(await specimen.ship())) throw new Error('nothing can be forgotten: it was not shipped')
  await specimen.root(putBack, 'centre')
  await specimen.restart('supervisor')
  return {
    watch: async () => {
      await specimen.ship()
      return (await agentStatus(specimen)).seen
    },
  }
}

/** A day that passes in the drill: all that the centre's database holds now, beside itself. */
async function keepAside(client: Client): Promise<void> {
  await client.query('CREATE SCHEMA yesterday')
  for (const table of await tables(client))
    await client.query(`CREATE TABLE yesterday.${table} AS TABLE centre.${table}`)
}

async function putBack(client: Client): Promise<void> {
  for (const table of await tables(client)) {
    await client.query(`DELETE FROM centre.${table}`)
    await client.query(
      `INSERT INTO centre.${table} OVERRIDING SYSTEM VALUE SELECT * FROM yesterday.${table}`,
    )
  }
  await client.query('DROP SCHEMA yesterday CASCADE')
}

/** Those that have rows of their own, without the parts of those that are divided. */
async function tables(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT quote_ident(relname) AS name FROM pg_class
     WHERE relnamespace = 'centre'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
  )
  return rows.map(({ name }) => name)
}
