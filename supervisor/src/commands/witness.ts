import { SupervisorError } from '../errors.ts'
import { addWitnessedOrigin } from '../witness/add-origin.ts'
import { withContext } from './with-context.ts'

/**
 * `probant supervisor witness add-origin VKEY`: prints what the box has to know of this witness. Exit 2 when the key can't be taken.
 */
export async function addOrigin(
  settings: string,
  vkey: string,
  name: string | undefined,
): Promise<number> {
  try {
    return await withContext(settings, async (context) => {
      const { origin, boxId } = await addWitnessedOrigin(context, { vkey, name })
      const keys = context.keys.witnessVkeys
      process.stdout.write(`${JSON.stringify({ origin, box: boxId, keys })}\n`)
      return 0
    })
  } catch (error) {
    if (!(error instanceof SupervisorError) || error.kind !== 'caller') throw error
    process.stderr.write(`${error.message}\n`)
    return 2
  }
}
