import { copyFile, open, rename, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from '@probant/postgres'
import { Type } from 'typebox'
import { homePaths } from '../../installation/layout.ts'
import { attack, atShipment, honest, type Attack, type Deed } from '../attack.ts'
import { journalPlaces, newestOf, one } from '../journal-places.ts'
import type { Specimen } from '../specimen.ts'

const FAILED = 'integrity-failure-on-box'
const anything = Type.Unknown()

/** Stored files, rows of objects, and what stands beside the journal: attacks 12, 16, 17, 19 to 21. */
export const store: readonly Attack[] = [
  onBox(
    '12a',
    'a node of the journal’s tree altered, nothing else',
    ['tiles-altered'],
    async (s) => {
      await flip(s, 'journal.interior_nodes', 'hash', 'level = 2 AND index = 1')
      return {}
    },
  ),
  onBox('12b', 'a leaf’s hash altered beside its trace', ['tiles-altered'], async (specimen) => {
    const { audited } = await journalPlaces(specimen)
    await flip(specimen, 'journal.traces', 'leaf', `seq = ${audited - 2}`)
    return { seq: audited - 2 }
  }),
  onBox('16a', 'one bit of a stored file flipped', [FAILED], async (specimen) => {
    const [object] = await twoObjects(specimen)
    const file = await open(fileOf(specimen, object), 'r+')
    const byte = Buffer.alloc(1)
    await file.read(byte, 0, 1, 60)
    byte[0] = (byte[0] ?? 0) ^ 1
    await file.write(byte, 0, 1, 60)
    await file.close()
    return { object }
  }),
  onBox('16b', 'a stored file truncated', [FAILED], async (specimen) => {
    const [object] = await twoObjects(specimen)
    await truncate(fileOf(specimen, object), 40)
    return { object }
  }),
  onBox('16c', 'two stored files exchanged', [FAILED], async (specimen) => {
    const [object, other] = await twoObjects(specimen)
    const [a, b] = [fileOf(specimen, object), fileOf(specimen, other)]
    await rename(a, `${a}.tmp`)
    await rename(b, a)
    await rename(`${a}.tmp`, b)
    return { object }
  }),
  onBox(
    '16d',
    'the rows of two objects exchange their files’ keys and digests',
    ['metadata-altered'],
    async (specimen) => {
      const [object, other] = await twoObjects(specimen)
      const [a, b] = [fileOf(specimen, object), fileOf(specimen, other)]
      await copyFile(b, a)
      await specimen.root((client) =>
        client.query(
          `UPDATE vault.objects t SET sha256 = o.sha256, sha3_256 = o.sha3_256, size = o.size,
           data_key_enclosed = o.data_key_enclosed, lat = o.lat
         FROM vault.objects o WHERE t.id = $1 AND o.id = $2`,
          [object, other],
        ),
      )
      return { object }
    },
  ),
  onBox(
    '17',
    'metadata of an object altered in the database alone',
    ['metadata-altered'],
    async (specimen) => {
      const [object] = await twoObjects(specimen)
      await specimen.root((client) =>
        client.query(`UPDATE vault.objects SET media_type = 'text/html' WHERE id = $1`, [object]),
      )
      return { object }
    },
  ),
  onBox('17c', 'an object’s encrypted title altered', ['metadata-altered'], async (specimen) => {
    const [object] = await twoObjects(specimen)
    await flip(
      specimen,
      'vault.object_secrets',
      'enclosed',
      `field = 'metadata' AND object_id = '${object}'`,
    )
    return { object }
  }),
  onBox(
    '17d',
    'the columns beside a trace altered, so that lists don’t show it',
    ['metadata-altered'],
    async (specimen) => {
      const seq = await auditedDeposit(specimen)
      await specimen.root((client) =>
        client.query(`UPDATE journal.traces SET act = 'list', object = NULL WHERE seq = $1`, [seq]),
      )
      return { seq }
    },
  ),
  onBox(
    '19a',
    'a deposit fabricated in the database, naming another’s trace',
    ['unjournalled-object'],
    (specimen) => fabricate(specimen, (seq) => seq),
  ),
  onBox(
    '19b',
    'a deposit fabricated in the database, naming a trace that is still to come',
    ['unjournalled-object'],
    (specimen) => fabricate(specimen, () => 900_000),
  ),
  attack({
    id: '20',
    attack: 'a refusal removed from the journal',
    expected: ['gap'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      const form = new FormData()
      form.set(
        'metadata',
        JSON.stringify({ title: 'refused', digests: { sha256: '00'.repeat(32) } }),
      )
      form.set('file', new Blob(['refused']), 'refused.txt')
      await specimen
        .box()
        .call(anything, 'POST', `/vaults/${specimen.demo.vault}/objects`, form)
        .catch(() => undefined)
      await specimen.deposit('after the refusal')
      await specimen.ship()
      return specimen.root(async (client) => {
        const { seq } = one(
          await client.query<{ seq: number }>(
            `DELETE FROM journal.traces WHERE seq = (SELECT max(seq) FROM journal.traces
               WHERE act = 'deposit' AND outcome = 'refused') RETURNING seq`,
          ),
        )
        return { seq }
      })
    },
  }),
  onBox(
    '21',
    'the value behind a salted commitment altered',
    ['metadata-altered'],
    async (specimen) => {
      const seq = await auditedDeposit(specimen)
      await flip(specimen, 'journal.openings', 'value', `seq = ${seq}`)
      return { seq }
    },
  ),
  onBox('21c', 'the salt of a commitment altered', ['metadata-altered'], async (specimen) => {
    const seq = await auditedDeposit(specimen)
    await flip(specimen, 'journal.openings', 'salt', `seq = ${seq}`)
    return { seq }
  }),
  honest({
    id: '12h',
    attack: 'the cache of tree nodes lost, which the traces give again',
    ...atShipment,
    carryOut: async (specimen) => {
      await specimen.root((client) => client.query('DELETE FROM journal.sha3_nodes'))
      return {}
    },
  }),
  honest({
    id: '16h',
    attack: 'a whole vault checked, and its documents read, on request',
    ...atShipment,
    carryOut: async (specimen) => {
      await specimen.probant('box', 'fsck')
      await specimen.box().call(anything, 'GET', `/vaults/${specimen.demo.vault}/objects?limit=5`)
      return {}
    },
  }),
]

/** What only the box can find, which journals and ships it. */
function onBox(
  id: string,
  what: string,
  expected: readonly string[],
  carryOut: (specimen: Specimen) => Promise<Deed>,
): Attack {
  return attack({ id, attack: what, expected, raisedBy: 'box', ...atShipment, carryOut })
}

const auditedDeposit = async (specimen: Specimen) => {
  const { audited } = await journalPlaces(specimen)
  return specimen.root((client) => newestOf(client, 'deposit', audited - 2))
}

const flip = (specimen: Specimen, table: string, column: string, where: string) =>
  specimen.root((client) =>
    client.query(
      `UPDATE ${table} SET ${column} = set_byte(${column}, 8, get_byte(${column}, 8) # 1) WHERE ${where}`,
    ),
  )

const fileOf = ({ home }: Specimen, object: string) =>
  join(homePaths(home).box, 'store/objects', object.slice(0, 2), object)

async function twoObjects(specimen: Specimen): Promise<[string, string]> {
  const { rows } = await specimen.root((client) =>
    client.query<{ id: string }>('SELECT id FROM vault.objects ORDER BY deposit_seq DESC LIMIT 2'),
  )
  const [first, second] = rows
  if (first === undefined || second === undefined) throw new Error('the copy has no two objects')
  return [first.id, second.id]
}

/** Everything that a deposit leaves but its trace: a copy of another’s row, secrets and file under an identifier of its own. */
async function fabricate(specimen: Specimen, seqOf: (seq: number) => number): Promise<Deed> {
  const object = '00000000-0000-4000-8000-00000000d111'
  const [like] = await twoObjects(specimen)
  await specimen.root(async (client) => {
    const { seq } = one(
      await client.query<{ seq: number }>(
        `SELECT max(seq) AS seq FROM journal.traces WHERE act = 'audit-receipt'`,
      ),
    )
    await copyRow(client, like, object, seqOf(seq))
  })
  await copyFile(fileOf(specimen, like), fileOf(specimen, object))
  return { object }
}

async function copyRow(client: Client, like: string, object: string, seq: number): Promise<void> {
  await client.query(
    'CREATE TEMP TABLE fabricated ON COMMIT DROP AS SELECT * FROM vault.objects WHERE id = $1',
    [like],
  )
  await client.query('UPDATE fabricated SET id = $1, deposit_seq = $2', [object, seq])
  await client.query('INSERT INTO vault.objects SELECT * FROM fabricated')
  await client.query(
    `INSERT INTO vault.object_secrets (object_id, field, enclosed)
     SELECT $1, field, enclosed FROM vault.object_secrets WHERE object_id = $2`,
    [object, like],
  )
}
