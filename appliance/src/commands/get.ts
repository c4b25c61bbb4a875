import { toHex } from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { open, rename, rm, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { call, reach, type ApiOptions, type CommandContext, type Reach } from './reach.ts'

export interface GetOptions extends ApiOptions {
  readonly file?: number
  readonly output?: string
  readonly proof?: string
}

interface DescribedFile {
  readonly fileName?: string
  readonly size: number
  readonly digests: { readonly sha256: string; readonly 'sha3-256': string }
}

interface Described extends DescribedFile {
  /** Where there are several. */
  readonly files?: readonly DescribedFile[]
}

/** Fetches a document, or one of its files, under a temporary name; it gets its own only once both digests were found right. */
export async function get(context: CommandContext, id: string, options: GetOptions): Promise<void> {
  const from = await reach(context, options)
  const path = `/vaults/${from.vault}/objects/${encodeURIComponent(id)}`
  const whole = (await (await call(from, path)).json()) as Described
  const { file } = options
  const described = file === undefined ? whole : (whole.files ?? [whole])[file - 1]
  if (described === undefined) throw new Error('The document has no such file.')
  if (file === undefined && whole.files !== undefined)
    throw new Error(`The document has ${whole.files.length} files: name one with --file.`)
  const output =
    options.output ?? basename(described.fileName ?? (file === undefined ? id : `${id}.${file}`))
  const at = file === undefined ? '' : `/files/${file}`
  const digests = await fetchTo(from, `${path}${at}/content`, output, (found) => {
    const isRight =
      found.sha256 === described.digests.sha256 &&
      found['sha3-256'] === described.digests['sha3-256']
    if (!isRight) throw new Error('The bytes received are not those that were archived.')
  })
  if (options.proof !== undefined) await fetchTo(from, `${path}/proof`, options.proof)
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify({ id, output, size: described.size, digests })}\n`
      : `${output}: ${described.size} bytes, identical to what was archived\n`,
  )
}

/** Writes an answer under a temporary name; it gets its own only once it came whole and was found right. */
export async function fetchTo(
  from: Reach,
  path: string,
  output: string,
  check: (digests: Described['digests']) => void = () => undefined,
  init: Parameters<typeof call>[2] = {},
): Promise<Described['digests']> {
  const answer = await call(from, path, init)
  const part = `${output}.part`
  const file = await open(part, 'wx')
  try {
    const digests = await write(file, answer.body)
    check(digests)
    await file.sync()
    await file.close()
    await rename(part, output)
    return digests
  } catch (error) {
    await file.close().catch(() => undefined)
    await rm(part, { force: true })
    throw error
  }
}

async function write(
  file: FileHandle,
  body: AsyncIterable<Uint8Array> | null,
): Promise<Described['digests']> {
  const sha256 = nodeCrypto.incremental('sha256')
  const sha3 = nodeCrypto.incremental('sha3-256')
  for await (const chunk of body ?? []) {
    sha256.update(chunk)
    sha3.update(chunk)
    await file.writeFile(chunk)
  }
  return { sha256: toHex(sha256.digest()), 'sha3-256': toHex(sha3.digest()) }
}
