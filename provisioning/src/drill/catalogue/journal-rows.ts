import { formatTime, parseTime } from '@probant/host'
import { attack, atShipment, honest, type Attack, type Deed } from '../attack.ts'
import { rewriteJournal } from '../forgery.ts'
import { journalPlaces, newestOf, one } from '../journal-places.ts'
import { seenByCentre } from '../observation.ts'
import { heldAgainstBox } from '../receipt-holder.ts'
import type { Specimen } from '../specimen.ts'

/** Rows of the journal, as root on the box or its DBA may change them: attacks 1 to 8. */
export const journalRows: readonly Attack[] = [
  attack({
    id: '1',
    attack: 'one byte of a stored trace changed',
    expected: ['altered-trace'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      const seq = await auditedDeposit(specimen)
      await flip(specimen, seq)
      return { seq }
    },
  }),
  attack({
    id: '1b',
    attack: 'one byte of a trace changed before it was shipped',
    expected: ['altered-trace'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      await specimen.deposit('not shipped yet')
      const seq = await specimen.root((client) =>
        newestOf(client, 'deposit', Number.MAX_SAFE_INTEGER),
      )
      await flip(specimen, seq)
      return { seq }
    },
  }),
  attack({
    id: '2',
    attack: 'a trace changed, every later hash, seal and checkpoint rebuilt and signed anew',
    expected: ['fork', 'altered-trace'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      const seq = await auditedDeposit(specimen)
      await rewriteJournal(specimen, seq, (traces) =>
        traces.map((trace, at) =>
          at === 0 ? { ...trace, time: formatTime(parseTime(trace.time) + 1) } : trace,
        ),
      )
      return { seq }
    },
  }),
  attack({
    id: '3',
    attack: 'a trace deleted in the middle',
    expected: ['gap'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      const seq = await auditedDeposit(specimen)
      await specimen.root((client) =>
        client.query('DELETE FROM journal.traces WHERE seq = $1', [seq]),
      )
      return { seq }
    },
  }),
  attack({
    id: '4a',
    attack: 'the newest traces deleted with their checkpoints, after the centre witnessed them',
    expected: ['truncated', 'rollback'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      const { witnessed } = await journalPlaces(specimen)
      const seq = await cutTo(specimen, witnessed - 3)
      return { seq }
    },
  }),
  attack({
    id: '4b',
    attack:
      'the newest traces deleted before anybody witnessed them: only a receipt’s holder can show it',
    expected: ['receipt-contradicted'],
    raisedBy: 'holder',
    bound: 'whenever the holder compares the receipt with the box',
    boundS: 30,
    carryOut: unwitnessedCut,
  }),
  attack({
    id: '5',
    attack: 'a trace inserted, the later ones moved up',
    expected: ['altered-trace', 'duplicated', 'fork'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      const seq = await auditedDeposit(specimen)
      await rewriteJournal(specimen, seq, (traces) => {
        const [first] = traces
        return first === undefined ? [] : [first, ...traces]
      })
      return { seq: seq + 1 }
    },
  }),
  attack({
    id: '5b',
    attack: 'a trace inserted without rebuilding what follows',
    expected: ['duplicated', 'broken-chain', 'altered-trace'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      const seq = await auditedDeposit(specimen)
      await specimen.root(async (client) => {
        await client.query('UPDATE journal.traces SET seq = seq + 1000001 WHERE seq > $1', [seq])
        await client.query('UPDATE journal.traces SET seq = seq - 1000000 WHERE seq > 1000000')
        await client.query(
          `INSERT INTO journal.traces SELECT seq + 1, bytes, leaf, act, outcome, vault, object
           FROM journal.traces WHERE seq = $1`,
          [seq],
        )
        await client.query('UPDATE journal.state SET size = size + 1')
      })
      return { seq: seq + 1 }
    },
  }),
  attack({
    id: '6',
    attack: 'two traces exchanged',
    expected: ['reordered'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      const seq = await auditedDeposit(specimen)
      await exchange(specimen, seq, seq + 1)
      return { seq }
    },
  }),
  attack({
    id: '7',
    attack: 'a trace replayed in the place of the next one',
    expected: ['duplicated'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      const seq = await auditedDeposit(specimen)
      await specimen.root((client) =>
        client.query(
          `UPDATE journal.traces t SET bytes = o.bytes, leaf = o.leaf FROM journal.traces o
           WHERE o.seq = $1 AND t.seq = $1 + 1`,
          [seq],
        ),
      )
      return { seq: seq + 1 }
    },
  }),
  attack({
    id: '8',
    attack: 'a trace dated back, nothing else',
    expected: ['altered-trace'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      const seq = await auditedDeposit(specimen)
      await specimen.root((client) =>
        client.query(
          `UPDATE journal.traces SET bytes = convert_to(regexp_replace(
             convert_from(bytes, 'UTF8'), '"time":"20(..)', '"time":"19\\1'), 'UTF8') WHERE seq = $1`,
          [seq],
        ),
      )
      return { seq }
    },
  }),
  attack({
    id: '8b',
    attack: 'a trace that nobody had seen dated back, everything after it rebuilt and signed anew',
    expected: ['clock-regression', 'fork'],
    raisedBy: 'centre',
    ...atShipment,
    carryOut: async (specimen) => {
      await specimen.ship()
      await specimen.deposit('dated back')
      const { size } = await journalPlaces(specimen)
      await rewriteJournal(specimen, size - 1, (traces) =>
        traces.map((trace) => ({
          ...trace,
          time: formatTime(parseTime(trace.time) - 86_400_000),
        })),
      )
      return {}
    },
  }),
  honest({
    id: '1h',
    attack:
      'the database restarted, the vault service ended and started again, deposits in between',
    ...atShipment,
    carryOut: async (specimen) => {
      await specimen.deposit('before')
      await specimen.restart('appliance', 'SIGTERM')
      await specimen.deposit('between')
      await specimen.restart('appliance', 'SIGKILL')
      await specimen.deposit('after')
      return {}
    },
  }),
  honest({
    id: '3h',
    attack: 'a night without network, then everything at once',
    ...atShipment,
    mayRaise: ['missing-shipment', 'late-shipment', 'journal-unwitnessed'],
    carryOut: async (specimen) => {
      await specimen.end('supervisor', 'SIGSTOP')
      for (let at = 0; at < 5; at += 1) await specimen.deposit(`in the night ${at}`)
      await specimen.clock.sleep(5000)
      await specimen.end('supervisor', 'SIGCONT')
      return {}
    },
  }),
]

async function auditedDeposit(specimen: Specimen): Promise<number> {
  const { audited } = await journalPlaces(specimen)
  return specimen.root((client) => newestOf(client, 'deposit', audited - 2))
}

const flip = (specimen: Specimen, seq: number) =>
  specimen.root((client) =>
    client.query(
      `UPDATE journal.traces SET bytes = set_byte(bytes, 40, get_byte(bytes, 40) # 1) WHERE seq = $1`,
      [seq],
    ),
  )

const exchange = (specimen: Specimen, one: number, other: number) =>
  specimen.root((client) =>
    client.query(
      `UPDATE journal.traces t SET bytes = o.bytes, leaf = o.leaf FROM journal.traces o
       WHERE (t.seq, o.seq) IN (($1, $2), ($2, $1))`,
      [one, other],
    ),
  )

/** Cuts the journal to the newest checkpoint of at most this size, with all that the box would miss. @returns the first trace that is gone */
async function cutTo(specimen: Specimen, size: number): Promise<number> {
  return specimen.root(async (client) => {
    const end = one(
      await client.query<{ size: number }>(
        'SELECT size FROM journal.checkpoints WHERE size <= $1 ORDER BY size DESC LIMIT 1',
        [size],
      ),
    ).size
    for (const table of ['cosignatures', 'audit_receipts', 'checkpoints'])
      await client.query(`DELETE FROM journal.${table} WHERE size > $1`, [end])
    await client.query('DELETE FROM journal.traces WHERE seq >= $1', [end])
    return end
  })
}

/** The attacker removes the newest deposit with every trace of it, and the box goes on as if it had never been. */
async function unwitnessedCut(specimen: Specimen): Promise<Deed> {
  await specimen.ship()
  const deposit = await specimen.deposit('that never was')
  const { size: before } = await journalPlaces(specimen)
  await rewriteJournal(specimen, before - 1, () => [])
  await specimen.root((client) =>
    client.query(
      `WITH secrets AS (DELETE FROM vault.object_secrets WHERE object_id = $1),
         openings AS (DELETE FROM journal.openings WHERE seq >= $2)
       DELETE FROM vault.objects WHERE id = $1`,
      [deposit.id, before - 1],
    ),
  )
  await specimen.deposit('in its place')
  return {
    watch: async () => {
      await specimen.ship()
      // the centre, which never saw the head, has nothing to say: that is the limit, and the drill says so
      const atCentre = (await specimen.findings()).map(seenByCentre)
      return atCentre.length > 0 ? atCentre : heldAgainstBox(specimen, deposit)
    },
  }
}
