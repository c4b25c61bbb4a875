import type { Client } from '@probant/postgres'
import type { Context } from '../context.ts'
import type { Operator } from '../store/operators.ts'
import { append, type Act } from './journal.ts'

type Done = Pick<Act, 'act' | 'data' | 'address'>

const isOne = (done: Done | readonly Done[]): done is Done => 'act' in done

/**
 * Carries out what an operator changes, with its entry in the alert journal, in one transaction: neither is there without the other.
 * @param change says what was done; undefined or none where there was nothing to change, which leaves no entry
 * @returns whether something was changed
 */
export async function changeByOperator(
  context: Context,
  { tenantId, operatorId }: Pick<Operator, 'tenantId' | 'operatorId'>,
  change: (client: Client) => Promise<Done | readonly Done[] | undefined>,
): Promise<boolean> {
  const isChanged = await context.database.transaction(
    async (client) => {
      const done = await change(client)
      const all = done === undefined ? [] : isOne(done) ? [done] : done
      await append(
        client,
        context,
        tenantId,
        all.map((one) => ({ ...one, outcome: 'done', operatorId })),
      )
      return all.length > 0
    },
    { attempts: 3 },
  )
  if (isChanged) context.wake()
  return isChanged
}
