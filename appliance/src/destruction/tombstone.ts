import { parseTrace } from '@probant/evidence'
import { formatTime } from '@probant/host'
import { BoxError } from '../errors.ts'
import { findTombstone } from '../store/destruction.ts'
import { readTraces, type Queryable } from '../store/journal.ts'

/** Why an object isn't there: it was destroyed, of which its technical metadata that remain tell, or it never was. */
export async function whyMissing(
  client: Queryable,
  vaultId: string,
  id: string,
): Promise<BoxError> {
  const tombstone = await findTombstone(client, vaultId, id)
  if (tombstone === undefined) return new BoxError('no-such-object', 'caller', 'no such object')
  const { destroySeq, depositedAtMs, sizeBytes, mediaType } = tombstone
  const [trace] = await readTraces(client, destroySeq, destroySeq + 1)
  const extra = {
    ...{ id, vault: vaultId, size: sizeBytes, mediaType },
    depositedAt: formatTime(depositedAtMs),
    destroyedAt: trace === undefined ? null : parseTrace(trace.bytes).time,
  }
  return new BoxError('destroyed', 'caller', 'this object was destroyed', { extra })
}
