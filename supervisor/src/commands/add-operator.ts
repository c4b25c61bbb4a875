import { hashPassword, issueToken, newSecret } from '../access/credentials.ts'
import { append } from '../alerts/journal.ts'
import { findOperator, insertOperator } from '../store/operators.ts'
import { DEFAULT_TENANT } from '../store/rows.ts'
import { withContext } from './with-context.ts'

/** `probant supervisor add-operator NAME`: prints a password and a token, which nobody can read again. Exit 1 when the name is taken. */
export async function addOperator(settings: string, userName: string): Promise<number> {
  return withContext(settings, async (context) => {
    const password = newSecret(context)
    const passwordHash = await hashPassword(password)
    const operatorId = context.randomness.uuid()
    const operator = { tenantId: DEFAULT_TENANT, operatorId, userName }
    const token = await context.database.transaction(async (client) => {
      if ((await findOperator(client, userName)) !== undefined) return undefined
      await insertOperator(client, { ...operator, passwordHash }, context.clock.nowMs())
      const { secret } = await issueToken(client, context, operator, 'bearer')
      // names stay out of the journal
      const data = { operator: operatorId }
      await append(client, context, DEFAULT_TENANT, [
        { act: 'operator-added', outcome: 'done', data },
      ])
      return secret
    })
    if (token === undefined) {
      process.stderr.write(`there is an operator ${userName} already\n`)
      return 1
    }
    process.stdout.write(`${JSON.stringify({ user: userName, password, token })}\n`)
    return 0
  })
}
