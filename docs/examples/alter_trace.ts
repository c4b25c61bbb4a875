/**
 * What somebody with all rights on the box can do, for trying out only: changes one byte of a stored trace,
 * past the database's own barriers. The supervision centre finds it at the next shipment.
 *
 *     npx node docs/examples/alter_trace.ts SEQ     (PROBANT_HOME as for npm start; .probant by default)
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import pg from 'pg'

interface Settings {
  database: {
    socketFolder: string
    port: number
    database: string
    owner: { user: string; password: string }
  }
}

const seq = Number(process.argv[2])
if (!Number.isSafeInteger(seq) || seq < 0) {
  process.stderr.write('usage: alter_trace.ts SEQ\n')
  process.exit(2)
}
const home = process.env['PROBANT_HOME'] ?? '.probant'
const file = join(home, 'settings', 'appliance.json')
const { database } = JSON.parse(await readFile(file, 'utf8')) as Settings
const client = new pg.Client({
  host: database.socketFolder,
  port: database.port,
  database: database.database,
  ...database.owner,
})
await client.connect()
await client.query('ALTER TABLE journal.traces DISABLE TRIGGER traces_append_only')
const { rowCount } = await client.query(
  `UPDATE journal.traces SET bytes = set_byte(bytes, 20, get_byte(bytes, 20) # 1) WHERE seq = $1`,
  [seq],
)
await client.query('ALTER TABLE journal.traces ENABLE TRIGGER traces_append_only')
await client.end()
process.stdout.write(rowCount === 1 ? `trace ${seq} is altered\n` : `there is no trace ${seq}\n`)
