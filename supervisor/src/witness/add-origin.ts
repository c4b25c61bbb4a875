import { emptyJournalState, EvidenceError, formatVkey, parseVkey, toHex } from '@probant/evidence'
import { append } from '../alerts/journal.ts'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import { findBox, insertWitnessedBox, witnessedBox } from '../store/boxes.ts'
import { insertOrigin, openOrigin } from '../store/origins.ts'
import { CENTRE, DEFAULT_TENANT } from '../store/rows.ts'

/**
 * Begins to cosign the heads of a journal that another centre follows: durable, with its entry in the alert journal, when this
 * resolves. The same again changes nothing. One history is cosigned whatever door it comes by, so a journal that is followed here
 * is refused.
 * @param vkey of the journal, type 0x02; its name is the origin
 * @throws SupervisorError `enrolment`
 */
export async function addWitnessedOrigin(
  context: Context,
  { vkey, name }: { vkey: string; name: string | undefined },
): Promise<{ origin: string; boxId: string }> {
  const { clock, crypto, database } = context
  const key = journalKey(context, vkey)
  const origin = key.name
  const boxId = origin.replace(/\/[^/]*$/, '')
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/.test(boxId) || boxId === CENTRE || boxId === origin)
    throw wrong(`${origin} is not the origin of a box's journal`)
  const box = { tenantId: DEFAULT_TENANT, boxId }
  await database.transaction(
    async (client) => {
      if ((await findBox(client, boxId)) !== undefined) {
        const known = await openOrigin(client, box)
        const isSame =
          (await witnessedBox(client, origin)) !== undefined &&
          known?.origin === origin &&
          formatVkey(origin, 2, known.journalKey.publicKey, crypto) === vkey
        if (isSame) return
        throw wrong(`the box ${boxId} is known already, with another journal, key or purpose`)
      }
      const atMs = clock.nowMs()
      await insertWitnessedBox(client, { ...box, name: name ?? boxId }, atMs)
      const state = emptyJournalState(crypto, origin)
      await insertOrigin(client, box, { origin, journalKey: vkey, state, atMs })
      const data = { box: boxId, origin, journalKey: toHex(crypto.hash('sha256', key.publicKey)) }
      await append(client, context, box.tenantId, [
        { act: 'witnessed-origin-added', outcome: 'done', data },
      ])
    },
    { attempts: 3 },
  )
  return { origin, boxId }
}

function journalKey({ crypto }: Context, vkey: string) {
  try {
    const key = parseVkey(vkey, crypto)
    if (key.type === 2) return key
  } catch (error) {
    if (!(error instanceof EvidenceError)) throw error
    throw wrong(`not a verifier key: ${error.message}`)
  }
  throw wrong('the key of a journal is of type 2')
}

function wrong(message: string): SupervisorError {
  return new SupervisorError('enrolment', message)
}
