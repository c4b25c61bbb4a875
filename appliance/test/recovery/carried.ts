import { createPool, type Connection } from '@probant/postgres'

/**
 * Fills the tables of a database with the rows of another, as far as it has columns for them: what a backup holds, or what an earlier
 * version had.
 * @returns how many tables were filled
 */
export async function carry(from: Connection, to: Connection): Promise<number> {
  const source = createPool({ ...from, max: 1 })
  const target = createPool({ ...to, max: 1 })
  const { rows: tables } = await target.query<{ name: string; columns: string }>(
    `SELECT format('%I.%I', c.table_schema, c.table_name) AS name,
            string_agg(quote_ident(c.column_name), ', ' ORDER BY c.ordinal_position) AS columns
     FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.table_schema IN ('journal', 'vault') AND t.table_type = 'BASE TABLE' GROUP BY 1`,
  )
  await target.transaction(async (client) => {
    await client.query(`SET LOCAL session_replication_role = replica`)
    for (const { name, columns } of tables) {
      const { rows } = await source.query<{ all: string }>(
        `SELECT coalesce(json_agg(r), '[]')::text AS all FROM (SELECT ${columns} FROM ${name}) r`,
      )
      await client.query(
        `INSERT INTO ${name} SELECT (json_populate_record(null::${name}, value)).* FROM json_array_elements($1)`,
        [rows[0]?.all],
      )
    }
  })
  await source.close()
  await target.close()
  return tables.length
}
