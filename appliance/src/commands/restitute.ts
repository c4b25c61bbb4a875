import { basename, join } from 'node:path'
import { fetchTo } from './get.ts'
import { call, reach, type ApiOptions, type CommandContext } from './reach.ts'

export interface RestituteOptions extends ApiOptions {
  readonly reason: string
  readonly output: string
  readonly proof?: string
}

interface DescribedFile {
  readonly fileName?: string
}

interface Described extends DescribedFile {
  readonly files?: readonly DescribedFile[]
}

/**
 * Takes a document back: fetches every byte of it, confirms the digests of what is on disk here, and the vault destroys it. What fails on
 * the way destroys nothing.
 */
export async function restitute(
  context: CommandContext,
  id: string,
  options: RestituteOptions,
): Promise<void> {
  const from = await reach(context, options)
  const path = `/vaults/${from.vault}/objects/${encodeURIComponent(id)}`
  const described = (await (await call(from, path)).json()) as Described
  const sent = (json: unknown) => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(json),
  })
  const answer = await call(from, `${path}/restitutions`, sent({ reason: options.reason }))
  const { id: restitution } = (await answer.json()) as { id: string }
  const files = described.files ?? [described]
  const digests = []
  for (const [at, { fileName }] of files.entries()) {
    const number = files.length === 1 ? '' : `/files/${at + 1}`
    const name = join(options.output, `${id}.${at + 1}.${basename(fileName ?? 'document')}`)
    digests.push(await fetchTo(from, `${path}${number}/content`, name))
  }
  const proof = options.proof ?? join(options.output, `preuve-destruction-${id}.zip`)
  const confirmation = `/restitutions/${restitution}/confirmation`
  const json = { digests: files.length === 1 ? digests[0] : digests }
  await fetchTo(from, confirmation, proof, undefined, sent(json))
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ id, files: files.length, proof })}\n`
      : `${id}: ${files.length === 1 ? 'one file' : `${files.length} files`} in ${options.output}, destroyed in the vault; the proof is in ${proof}\n`,
  )
}
