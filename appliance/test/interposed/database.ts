import type { Client, Database, NamedStatement } from '@probant/postgres'
import type { QueryResultRow } from 'pg'
import { around, type Hooks, type Step } from './hooks.ts'

const nameOf = (statement: string | NamedStatement) =>
  typeof statement === 'string' ? statement : statement.name

const namesSeal = (values: readonly unknown[] = []) =>
  values.some((column) => Array.isArray(column) && column.includes('seal'))

/** A database with hooks around each statement of a deposit, and around BEGIN and COMMIT. */
export function interposedDatabase(real: Database, hooks: Hooks): Database {
  let sealWaits = false
  return {
    pool: real.pool,
    close: () => real.close(),
    query: (statement, values) =>
      nameOf(statement) === 'read-traces'
        ? around(hooks, 'reread', () => real.query(statement, values))
        : real.query(statement, values),
    async transaction(work, options) {
      let commit: Step | undefined
      const hooked = (client: Client): Client => ({
        query: <Row extends QueryResultRow>(
          statement: string | NamedStatement,
          values?: readonly unknown[],
        ) => {
          const run = () => client.query<Row>(statement, values)
          const name = nameOf(statement)
          if (name.startsWith('UPDATE journal.state SET epoch')) commit = 'epoch'
          if (name === 'append-traces') {
            const isSeal = typeof statement === 'object' && namesSeal(statement.values)
            sealWaits ||= isSeal
            commit = isSeal ? 'seal-commit' : 'commit'
            return around(hooks, isSeal ? 'seal-traces' : 'traces', run)
          }
          if (name === 'insert-objects') return around(hooks, 'rows', run)
          if (name === 'swap-checkpoint') {
            commit = sealWaits ? 'seal-checkpoint' : 'checkpoint-commit'
            sealWaits = false
            return around(hooks, 'checkpoint-rows', run)
          }
          return run()
        },
      })
      await hooks.before('begin')
      const result = await real.transaction(async (client) => {
        await hooks.after('begin')
        const done = await work(hooked(client))
        if (commit !== undefined) await hooks.before(commit)
        return done
      }, options)
      if (commit !== undefined) await hooks.after(commit)
      return result
    },
  }
}
