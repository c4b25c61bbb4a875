import type { Finding } from '@probant/evidence'
import type { Client } from '@probant/postgres'
import type { AttestationRequest, ShippedFinding } from '@probant/shipping'
import type { Context } from '../context.ts'
import { SupervisorError } from '../errors.ts'
import type { Fact } from '../findings/fact.ts'
import { keepEvidence } from '../findings/evidence.ts'
import { raise } from '../findings/raise.ts'
import type { AttestationKey } from '../store/attestation-keys.ts'
import { holdSession } from '../store/boxes.ts'
import type { Origin } from '../store/origins.ts'
import type { BoxKey } from '../store/rows.ts'

/** The TPM that a box was enrolled by. */
export interface Platform {
  readonly key: AttestationKey & { addedAtMs: number }
  /** What was asked of it; null when it offered nothing. */
  readonly request: AttestationRequest | null
  /** Refused: by another machine, from which nothing is taken. */
  state: 'awaited' | 'taken' | 'refused'
}

/** One conversation with a box, or one file of it. */
export interface Session {
  readonly box: BoxKey
  /** Number of the session among the box's; null for a file, which no later session overtakes. */
  readonly epoch: number | null
  /** Read again whenever a size moved. */
  origin: Origin
  /** Size that the box's own database counts; null where it didn't say. */
  readonly databaseSize: number | null
  /** What was witnessed when it began: a shipment is whole when it has come this far. */
  readonly sizeToShip: number
  /** Starts of the challenged segments that were shipped again. */
  readonly answered: Set<number>
  /** What its TPM is held to; null for a box without one, and for a file. */
  readonly platform: Platform | null
  /** Whether anything but heads came. */
  hasShipped: boolean
  /** Whether all that was expected of it has come. */
  isWhole: boolean
}

/**
 * Runs `work` while no newer session of the box can begin. What a stale connection delivers late would otherwise look like a
 * box that went back in time.
 * @throws SupervisorError `superseded`
 */
export async function inSession<T>(
  context: Context,
  session: Session,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  return context.database.transaction(
    async (client) => {
      const { box, epoch } = session
      if (epoch !== null && !(await holdSession(client, box, epoch)))
        throw new SupervisorError('superseded', 'a newer session of this box has begun')
      return await work(client)
    },
    { attempts: 3 },
  )
}

/** Raises what a session brought to light; nothing when a newer session has begun. */
export async function raiseInSession(
  context: Context,
  session: Session,
  facts: readonly Fact[],
): Promise<void> {
  if (facts.length === 0) return
  const kept = await keepEvidence(context, session.box, facts)
  await inSession(context, session, (client) => raise(client, context, session.box, kept))
  context.wake()
}

/** A fact as the box is told of it. */
export function shippedFinding({
  kind,
  seq,
  expected,
  found,
}: Pick<Fact | Finding, 'kind' | 'seq' | 'expected' | 'found'>): ShippedFinding {
  return { kind, seq, expected, found }
}
