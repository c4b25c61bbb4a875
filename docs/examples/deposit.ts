/**
 * Deposits a file, reads it back, compares it, fetches its proof. Node 24, no packages.
 *
 *     PROBANT_API=http://localhost:8080/api/v1 PROBANT_TOKEN=… PROBANT_VAULT=… node docs/examples/deposit.ts FILE
 */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

interface Kept {
  id: string
  depositedAt: string
  digests: { sha256: string; 'sha3-256': string }
  receipt: { state: 'accepted' | 'witnessed' | 'dated' }
}

function setting(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set`)
  return value
}

const api = setting('PROBANT_API')
const token = setting('PROBANT_TOKEN')
const vault = setting('PROBANT_VAULT')
const [path = ''] = process.argv.slice(2)

/** One call; a refusal becomes the box's own sentence. */
async function call(where: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${token}`)
  headers.set('accept-language', 'en')
  const answer = await fetch(`${api}${where}`, { ...init, headers })
  if (answer.ok) return answer
  const problem = (await answer.json()) as { title: string; type: string }
  throw new Error(`${problem.title} (${problem.type}, ${answer.status})`)
}

const content = await readFile(path)
const hex = (algorithm: string): string => createHash(algorithm).update(content).digest('hex')
const digests = { sha256: hex('sha256'), 'sha3-256': hex('sha3-256') }

// The box refuses the deposit if what arrives has other digests.
const form = new FormData()
form.append('metadata', JSON.stringify({ title: basename(path), digests }))
form.append('file', new Blob([content]), basename(path))
const deposited = await call(`/vaults/${vault}/objects`, {
  method: 'POST',
  body: form,
  // The same key for the same file: repeating the script never deposits twice.
  headers: { 'idempotency-key': `example-${digests.sha256}` },
})
const kept = (await deposited.json()) as Kept
const place = `/vaults/${vault}/objects/${kept.id}`
console.log(`deposited as ${kept.id} at ${kept.depositedAt}, ${kept.receipt.state}`)

const read = new Uint8Array(await (await call(`${place}/content`)).arrayBuffer())
console.log(`read back: ${content.equals(read) ? 'identical' : 'DIFFERENT'}`)

// Nothing of what is compared is kept.
const other = new FormData()
other.append('file', new Blob([content]), basename(path))
const compared = await call(`/vaults/${vault}/comparisons`, { method: 'POST', body: other })
const { identical } = (await compared.json()) as { identical: string[] }
console.log(`identical objects in the vault: ${identical.length}`)

// The witness cosigns within a minute or so, where heads are sent.
let { state } = kept.receipt
for (let tries = 0; state === 'accepted' && tries < 30; tries += 1) {
  await sleep(5000)
  state = ((await (await call(place)).json()) as Kept).receipt.state
}
console.log(`state: ${state}`)

const proof = `preuve-${kept.id}.zip`
await writeFile(proof, new Uint8Array(await (await call(`${place}/proof`)).arrayBuffer()))
console.log(`proof: ${proof}`)
