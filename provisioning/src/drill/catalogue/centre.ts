import type { Client } from '@probant/postgres'
import { agentStatus } from '../agent-route.ts'
import { attack, type Attack, type Deed } from '../attack.ts'
import type { Specimen } from '../specimen.ts'

/** What whoever operates the centre could do: attack 36. */
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
]

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
