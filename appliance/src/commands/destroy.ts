import { fetchTo } from './get.ts'
import { reach, type ApiOptions, type CommandContext } from './reach.ts'

export interface DestroyOptions extends ApiOptions {
  readonly reason: string
  readonly proof?: string
}

/** Destroys a document for good and keeps the proof of it. */
export async function destroy(
  context: CommandContext,
  id: string,
  options: DestroyOptions,
): Promise<void> {
  const from = await reach(context, options)
  const proof = options.proof ?? `preuve-destruction-${id}.zip`
  const path = `/vaults/${from.vault}/objects/${encodeURIComponent(id)}`
  await fetchTo(from, path, proof, undefined, {
    method: 'DELETE',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ reason: options.reason }),
  })
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ id, proof })}\n`
      : `${id}: destroyed; its proof is in ${proof}\n`,
  )
}
