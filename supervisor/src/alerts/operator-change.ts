import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import type { Operator } from '../store/operators.ts'
import { append, type Act } from './journal.ts'

/**
 * Carries out what an operator changes, with its entry in the alert journal, in one transaction: neither is there without the other.
 * @param change says what was done; undefined where there was nothing to change, which leaves no entry
 * @returns whether something was changed
 */
export async function changeByOperator(
  context: Context,
  { tenantId, operatorId }: Pick<Operator, 'tenantId' | 'operatorId'>,
  change: (client: Client) => Promise<Pick<Act, 'act' | 'data' | 'address'> | undefined>,
): Promise<boolean> {
  const isChanged = await context.database.transaction(
    async (client) => {
      const done = await change(client)
      if (done === undefined) return false
      await append(client, context, tenantId, [{ ...done, outcome: 'done', operatorId }])
      return true
    },
    { attempts: 3 },
  )
  if (isChanged) context.wake()
  return isChanged
}
