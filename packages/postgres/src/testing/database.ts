import { systemRandomness } from '@probant/host'
import pg from 'pg'
import { withAdministrator } from '../cluster/administrator.ts'
import type { Connection } from '../connection.ts'
import { sharedCluster, type SharedCluster } from './shared-cluster.ts'
import { ensureTemplate, type TestDatabaseOptions } from './template.ts'

/** A database of one test file. */
export interface TestDatabase {
  /** As the owner. */
  readonly connection: Connection
  /** As another role: one of `roles`, or one that another test made (all have one password). */
  as(role: string): Connection
  /** As someone who may do anything, for tests that tamper. */
  readonly superuser: Connection
  /** Closes every connection to it and removes it. */
  drop(): Promise<void>
}

/**
 * A new database on the test run's shared server (the first caller starts it), cloned from a template
 * that the migrations made once. Nothing survives the run: the server ends by itself.
 */
export async function testDatabase(options: TestDatabaseOptions): Promise<TestDatabase> {
  const { name, owner = `${name}_owner` } = options
  const cluster = await sharedCluster()
  const template = await ensureTemplate(cluster, { ...options, owner })
  const database = `${name}_${Buffer.from(systemRandomness.bytes(6)).toString('hex')}`
  const identifier = pg.escapeIdentifier(database)
  const administrator = connectionTo(cluster, 'postgres', 'postgres')
  await withAdministrator(administrator, (client) =>
    client.query(
      `CREATE DATABASE ${identifier} OWNER ${pg.escapeIdentifier(owner)} ` +
        `TEMPLATE ${pg.escapeIdentifier(template)}`,
    ),
  )
  return {
    connection: connectionTo(cluster, database, owner),
    as: (role) => connectionTo(cluster, database, role),
    superuser: connectionTo(cluster, database, 'postgres'),
    async drop() {
      await withAdministrator(administrator, (client) =>
        client.query(`DROP DATABASE IF EXISTS ${identifier} WITH (FORCE)`),
      )
    },
  }
}

function connectionTo(cluster: SharedCluster, database: string, user: string): Connection {
  const { socketFolder, port, password } = cluster
  return { socketFolder, port, database, user, password }
}
