import { toHex } from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { createReadStream, openAsBlob } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { digest } from '../deposit/reception.ts'
import type { Kept } from './deposit-resumably.ts'
import { call, reach, type ApiOptions, type CommandContext, type Reach } from './reach.ts'

export interface DepositOptions extends ApiOptions {
  readonly title?: string
  readonly idempotencyKey?: string
  readonly receipt?: string
  readonly retentionClass?: string
  readonly resumable?: boolean
  /** Of an upload to go on with. */
  readonly upload?: string
}

/** Deposits files as one object; their digests are computed here and sent along, so that what arrives is what was read. */
export async function deposit(
  context: CommandContext,
  paths: readonly string[],
  options: DepositOptions,
): Promise<void> {
  const to = await reach(context, options)
  const name = paths.map((path) => basename(path)).join(', ')
  const kept = await sentTo(to, paths, options)
  if (options.receipt !== undefined)
    await writeFile(options.receipt, `${JSON.stringify(kept.receipt)}\n`)
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(kept)}\n`
      : `deposited ${name} as ${kept.id} at ${kept.depositedAt}\n`,
  )
}

interface Said {
  readonly title: string
  readonly idempotencyKey: string | undefined
  readonly retentionClass: string | undefined
}

/** In one request, or in pieces. */
async function sentTo(
  to: Reach,
  paths: readonly string[],
  { title, idempotencyKey, resumable, upload, retentionClass }: DepositOptions,
): Promise<Kept> {
  const [first = '', ...more] = paths
  const said = { title: title ?? basename(first), idempotencyKey, retentionClass }
  if (resumable !== true && upload === undefined) return inOneRequest(to, paths, said)
  if (more.length > 0) throw new Error('In pieces one file is sent, not several.')
  const { depositResumably } = await import('./deposit-resumably.ts')
  return depositResumably(to, first, { ...said, upload })
}

async function inOneRequest(
  to: Reach,
  paths: readonly string[],
  { title, idempotencyKey, retentionClass }: Said,
): Promise<Kept> {
  const form = new FormData()
  const digests = []
  for (const path of paths) {
    const file = resolve(path)
    const read = createReadStream(file) as AsyncIterable<Uint8Array>
    const { sha256, sha3 } = await digest(nodeCrypto, read, Number.MAX_SAFE_INTEGER)
    digests.push({ sha256: toHex(sha256), 'sha3-256': toHex(sha3) })
    form.append('file', await openAsBlob(file), basename(file))
  }
  form.append('metadata', JSON.stringify({ title, digests, retentionClass }))
  const answer = await call(to, `/vaults/${to.vault}/objects`, {
    method: 'POST',
    body: form,
    ...(idempotencyKey === undefined ? {} : { headers: { 'idempotency-key': idempotencyKey } }),
  })
  return (await answer.json()) as Kept
}
