import { toHex } from '@probant/evidence'
import { nodeCrypto } from '@probant/keys'
import { createReadStream, openAsBlob } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { digest } from '../deposit/reception.ts'
import { call, reach, type ApiOptions, type CommandContext } from './reach.ts'

export interface DepositOptions extends ApiOptions {
  readonly title?: string
  readonly idempotencyKey?: string
  readonly receipt?: string
  readonly retentionClass?: string
}

interface Kept {
  readonly id: string
  readonly depositedAt: string
  readonly receipt: unknown
}

/** Deposits files as one object; their digests are computed here and sent along, so that what arrives is what was read. */
export async function deposit(
  context: CommandContext,
  paths: readonly string[],
  options: DepositOptions,
): Promise<void> {
  const to = await reach(context, options)
  const form = new FormData()
  const digests = []
  for (const path of paths) {
    const file = resolve(path)
    const read = createReadStream(file) as AsyncIterable<Uint8Array>
    const { sha256, sha3 } = await digest(nodeCrypto, read, Number.MAX_SAFE_INTEGER)
    digests.push({ sha256: toHex(sha256), 'sha3-256': toHex(sha3) })
    form.append('file', await openAsBlob(file), basename(file))
  }
  const name = paths.map((path) => basename(path)).join(', ')
  const title = options.title ?? basename(paths[0] ?? '')
  const { retentionClass } = options
  form.append('metadata', JSON.stringify({ title, digests, retentionClass }))
  const { idempotencyKey } = options
  const answer = await call(to, `/vaults/${to.vault}/objects`, {
    method: 'POST',
    body: form,
    ...(idempotencyKey === undefined ? {} : { headers: { 'idempotency-key': idempotencyKey } }),
  })
  const kept = (await answer.json()) as Kept
  if (options.receipt !== undefined)
    await writeFile(options.receipt, `${JSON.stringify(kept.receipt)}\n`)
  process.stdout.write(
    options.json === true
      ? `${JSON.stringify(kept)}\n`
      : `deposited ${name} as ${kept.id} at ${kept.depositedAt}\n`,
  )
}
