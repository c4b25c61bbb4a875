import type { Client, Database, NamedStatement } from '@probant/postgres'
import { around, type Hooks, type Step } from './hooks.ts'

const nameOf = (statement: string | NamedStatement) =>
  typeof statement === 'string' ? statement : statement.name

const namesSeal = (values: readonly unknown[] = []) =>
  values.some((column) => Array.isArray(column) && column.includes('seal'))

/** The client's own query, each statement given to `pass` together with the way to run it. */
function hookedQuery(
  client: Client,
  pass: (statement: string | NamedStatement, run: () => Promise<unknown>) => Promise<unknown>,
): Client['query'] {
  return new Proxy(client.query.bind(client), {
    apply: (query, _self, given: Parameters<Client['query']>) =>
      pass(given[0], () => query(...given)),
  })
}

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
        query: hookedQuery(client, (statement, run) => {
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
        }),
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
