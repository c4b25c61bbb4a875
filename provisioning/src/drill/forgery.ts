import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import {
  CompactRange,
  formatCheckpointText,
  formatNote,
  formatTrace,
  keyIdOf,
  leafHash,
  noPrevious,
  parseTrace,
  sealData,
  Sha3Chain,
  parseSealData,
  signatureLine,
  toHex,
  utf8,
  type Trace,
} from '@probant/evidence'
import { nodeCrypto, openProvider } from '@probant/keys'
import type { Client } from '@probant/postgres'
import { homePaths } from '../installation/layout.ts'
import type { Specimen } from './specimen.ts'

/** The journal as whoever holds database and signing key rewrites it: every later hash, tree, seal and checkpoint fits again. */
interface Forgery {
  readonly traces: readonly { readonly trace: Trace; readonly bytes: Uint8Array }[]
  readonly checkpoints: readonly { size: number; root: Uint8Array; text: string }[]
  /** Interior nodes of the tree. */
  readonly nodes: readonly { level: number; index: number; hash: Uint8Array }[]
}

/** What becomes of the bytes of a trace that is forged. */
type Encode = (bytes: Uint8Array) => Uint8Array

/**
 * Replaces the journal from `from` on by what `change` makes of it, with everything that has to fit: `seq` and `prev` of each trace, leaves,
 * trees, seals, checkpoints signed with the box’s own key, and what the box remembers outside the database. Only what others signed stays
 * beyond reach.
 */
export async function rewriteJournal(
  specimen: Specimen,
  from: number,
  change: (traces: readonly Trace[]) => readonly Trace[],
  encode: Encode = (bytes) => bytes,
): Promise<void> {
  await specimen.root(async (client) => {
    await client.query('SELECT 1 FROM journal.state FOR UPDATE')
    const before = await readAll(client)
    const kept = before.slice(0, from)
    const sizes = await checkpointSizes(client, from)
    const forgery = forge([...kept, ...change(before.slice(from))], { from, sizes, encode })
    await write(client, specimen, from, forgery)
  })
  for (const name of ['signed-head', 'witnessed-head'])
    await rm(join(homePaths(specimen.home).box, name), { force: true })
  await specimen.restart('appliance')
}

async function readAll(client: Client): Promise<Trace[]> {
  const { rows } = await client.query<{ bytes: Buffer }>(
    'SELECT bytes FROM journal.traces ORDER BY seq',
  )
  return rows.map(({ bytes }) => parseTrace(bytes))
}

async function checkpointSizes(client: Client, from: number): Promise<number[]> {
  const { rows } = await client.query<{ size: number }>(
    'SELECT size FROM journal.checkpoints WHERE size > $1 ORDER BY size',
    [from],
  )
  return rows.map(({ size }) => size)
}

function forge(
  traces: readonly Trace[],
  { from, sizes, encode }: { from: number; sizes: readonly number[]; encode: Encode },
): Forgery {
  const range = new CompactRange(nodeCrypto)
  const sha3 = new Sha3Chain(nodeCrypto)
  const forged: { trace: Trace; bytes: Uint8Array }[] = []
  const checkpoints: { size: number; root: Uint8Array; text: string }[] = []
  const nodes: { level: number; index: number; hash: Uint8Array }[] = []
  const wanted = new Set([...sizes, traces.length])
  let prev = noPrevious
  for (const [seq, each] of traces.entries()) {
    const trace = seq < from ? each : resealed({ ...each, seq, prev }, sha3, checkpoints, from)
    const bytes = seq < from ? formatTrace(trace) : encode(formatTrace(trace))
    forged.push({ trace, bytes })
    range.append(leafHash(nodeCrypto, bytes), (level, index, hash) => {
      if (level > 0) nodes.push({ level, index, hash })
    })
    sha3.append(bytes)
    prev = toHex(nodeCrypto.hash('sha256', bytes))
    if (seq < from || !wanted.has(seq + 1)) continue
    const head = { origin: trace.origin, size: seq + 1, root: range.root() }
    checkpoints.push({ ...head, text: formatCheckpointText(head) })
  }
  return { traces: forged, checkpoints, nodes }
}

/** What a seal says of the traces before it has to be true of those that are there now. */
function resealed(
  trace: Trace,
  sha3: Sha3Chain,
  checkpoints: Forgery['checkpoints'],
  from: number,
): Trace {
  if (trace.act !== 'seal') return trace
  const said = parseSealData(trace.data)
  const newest = checkpoints.at(-1)
  const data = sealData(sha3, {
    previousCheckpoint:
      newest === undefined
        ? said.previousCheckpoint
        : { size: newest.size, textSha256: toHex(nodeCrypto.hash('sha256', utf8(newest.text))) },
    lastToken: said.lastToken,
    cosignatures: said.cosignatures.filter(({ size }) => size <= from),
  })
  return { ...trace, data }
}

async function write(client: Client, { home }: Specimen, from: number, forgery: Forgery) {
  for (const table of ['cosignatures', 'audit_receipts', 'checkpoints'])
    await client.query(`DELETE FROM journal.${table} WHERE size > $1`, [from])
  for (const table of ['interior_nodes', 'sha3_nodes', 'sha3_state'])
    await client.query(`DELETE FROM journal.${table}`)
  for (const { level, index, hash } of forgery.nodes)
    await client.query('INSERT INTO journal.interior_nodes VALUES ($1, $2, $3)', [
      ...[level, index, Buffer.from(hash)],
    ])
  await client.query('DELETE FROM journal.traces WHERE seq >= $1', [from])
  for (const { trace, bytes } of forgery.traces.slice(from))
    await client.query(
      `INSERT INTO journal.traces (seq, bytes, leaf, act, outcome, vault, object)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [
        ...[trace.seq, Buffer.from(bytes), Buffer.from(leafHash(nodeCrypto, bytes))],
        ...[trace.act, trace.outcome, trace.vault, trace.object],
      ],
    )
  const keys = await openProvider({ provider: 'software', folder: homePaths(home).keys('box') })
  try {
    const key = await keys.find('journal')
    if (key === undefined) throw new Error('the copy has no journal key')
    const publicKey = await keys.publicKey(key)
    for (const { size, root, text } of forgery.checkpoints) {
      const { origin } = forgery.traces[size - 1]?.trace ?? { origin: '' }
      const keyId = keyIdOf(nodeCrypto, origin, 2, publicKey)
      const line = signatureLine(origin, keyId, await keys.sign(key, utf8(text)))
      await client.query(
        'INSERT INTO journal.checkpoints (size, root, note, signed_at) VALUES ($1, $2, $3, now())',
        [size, Buffer.from(root), formatNote(text, [line])],
      )
    }
  } finally {
    await keys.close()
  }
  // the running service finds another epoch and stops, instead of writing on after what it remembers
  await client.query('UPDATE journal.state SET size = $1, epoch = epoch + 1', [
    forgery.traces.length,
  ])
}
