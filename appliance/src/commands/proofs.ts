import { fetchTo } from './get.ts'
import { reach, type ApiOptions, type CommandContext } from './reach.ts'

export interface ProofsOptions extends ApiOptions {
  readonly output: string
  readonly all?: boolean
  /** False with `--no-content`. */
  readonly content: boolean
}

/** Fetches the evidence bundles of several objects, or of the whole vault, as one zip. */
export async function proofs(
  context: CommandContext,
  ids: readonly string[],
  { output, all, content, ...options }: ProofsOptions,
): Promise<void> {
  if ((all === true) === ids.length > 0)
    throw new Error('Name the objects, or give --all for every object of the vault.')
  const from = await reach(context, options)
  const body = JSON.stringify({ ...(all === true ? { all } : { objects: ids }), content })
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body }
  const { sha256 } = await fetchTo(from, `/vaults/${from.vault}/proofs`, output, undefined, init)
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ output, sha256 })}\n`
      : `${output}: SHA-256 ${sha256}; npx probant verify checks every bundle in it\n`,
  )
}
