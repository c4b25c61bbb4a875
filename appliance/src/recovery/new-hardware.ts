import { toHex, type EvidenceCrypto } from '@probant/evidence'
import type { Clock, Logger, Randomness } from '@probant/host'
import type { KeyProvider, RecoveryKey } from '@probant/keys'
import type { Database } from '@probant/postgres'
import { join } from 'node:path'
import { KEY_LABELS, keyOf } from '../box.ts'
import { BoxError } from '../errors.ts'
import { makeSigningKeys } from '../initialise.ts'
import { Journal } from '../journal/journal.ts'
import { journalVerifier } from '../journal/notes.ts'
import { JournalProofs } from '../journal/proofs.ts'
import { RememberedHeads } from '../journal/remembered-heads.ts'
import { declaredJournalKeys } from '../journal/signing-keys.ts'
import type { ApplianceSettings } from '../settings.ts'
import { newestCheckpoint, readState } from '../store/journal.ts'
import { keepSigningKeys } from '../store/signing-keys.ts'
import { createAuthority, setFormerAuthorityAside, type Authority } from '../timestamping/index.ts'
import { CopyFolder } from './copies.ts'
import { recoverVaultKeys, type LostVault } from './vault-keys.ts'

export interface NewHardware {
  readonly settings: ApplianceSettings
  readonly database: Database
  /** The new machine's keys: none of this box yet, or those of a recovery that was interrupted. */
  readonly keys: KeyProvider
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly randomness: Randomness
  readonly log: Logger
}

/** What a recovery did. */
export interface RecoveredBox {
  readonly origin: string
  /** Traces under the last checkpoint before: those of more are signed by the new key. */
  readonly after: number
  /** SPKI of the new keys, DER. */
  readonly journalKey: Uint8Array
  readonly latKey: Uint8Array
  readonly tsaRootPem: string
  readonly recovered: number
  readonly lost: readonly LostVault[]
}

interface SigningKeySet {
  readonly journal: Uint8Array
  readonly lat: Uint8Array
  readonly tsa: Uint8Array
}

/**
 * Puts a box's folder and database to work under new keys: makes signing keys in the new hardware, declares them in the journal, which goes
 * on, and encloses every vault's key to the new root. Each step is journalled; interrupted anywhere, it finishes when called again.
 * @param recoveryKey put together by the holders
 * @param shares numbers of the shares that were given, for the journal
 * @throws BoxError `not-recoverable` (fatal) where the journal isn't whole or can't be checked; `already-running`
 */
export async function recoverOnNewHardware(
  hardware: NewHardware,
  recoveryKey: RecoveryKey,
  shares: readonly number[],
): Promise<RecoveredBox> {
  const { database, crypto, keys, randomness, settings } = hardware
  const known = await declaredJournalKeys(database, crypto)
  const last = known.at(-1)
  const newest = (await newestCheckpoint(database))?.size ?? 0
  if (last === undefined || newest === 0) throw notRecoverable('there is no journal of a box')
  await makeSigningKeys(keys)
  const authority = await authorityOf(hardware, newest)
  const publicKey = async (label: string) => keys.publicKey(await keyOf(keys, label))
  const signingKeys = {
    journal: await publicKey(KEY_LABELS.journal),
    lat: await publicKey(KEY_LABELS.lat),
    tsa: authority.publicKey,
  }
  const isDeclared = last.sha256 === toHex(crypto.hash('sha256', signingKeys.journal))
  const after = isDeclared ? last.after : newest
  const formerKeys = known.flatMap(({ spki }) => spki ?? [])
  const { journal, heads } = await openUnder(hardware, [signingKeys.journal, ...formerKeys])
  try {
    if (!isDeclared) {
      const data = { after, recoveryKey: toHex(recoveryKey.publicKey.id), shares: [...shares] }
      await declare(hardware, journal, signingKeys, data)
    }
    const { boxId, home } = settings
    const vaults = { database, journal, keys, copies: new CopyFolder(home), boxId, randomness }
    return {
      origin: journal.origin,
      after,
      journalKey: signingKeys.journal,
      latKey: signingKeys.lat,
      tsaRootPem: authority.rootPem,
      ...(await recoverVaultKeys(vaults, recoveryKey)),
    }
  } finally {
    await journal.close()
    await heads.close()
  }
}

const notRecoverable = (why: string, cause?: Error) =>
  new BoxError(
    'not-recoverable',
    'fatal',
    `This box can't be recovered from this copy: ${why}.`,
    cause === undefined ? {} : { cause },
  )

async function authorityOf(
  { keys, clock, randomness, settings }: NewHardware,
  after: number,
): Promise<Authority> {
  const folder = join(settings.home, 'timestamping')
  await setFormerAuthorityAside(keys, folder, `${folder}-before-${after}`)
  const { boxId, timestamping } = settings
  return createAuthority({ keys, clock, randomness, folder, boxId, ...timestamping })
}

/**
 * The journal as the former hardware left it, to be signed by the new one from now on. Only a whole one: what the box signed or the
 * witness cosigned last must be there, since going on from less would be a second history.
 */
async function openUnder(
  { settings, database, keys, crypto, clock, randomness, log }: NewHardware,
  [own, ...former]: readonly [Uint8Array, ...Uint8Array[]],
): Promise<{ journal: Journal; heads: RememberedHeads }> {
  const ref = await keyOf(keys, KEY_LABELS.journal)
  const heads = new RememberedHeads(settings.home, clock, log)
  const origin = (await readState(database))?.origin ?? settings.origin
  const journal = await Journal.open({
    database,
    crypto,
    clock,
    randomness,
    log,
    signer: { publicKey: own, sign: (message) => keys.sign(ref, message) },
    acceptedKeys: [own, ...former].map((spki) => journalVerifier(crypto, origin, spki)),
    proofs: new JournalProofs(database, crypto),
    heads,
    fatal: (error) => log.fatal({ err: error }, 'the journal stops: call the recovery again'),
  })
  const { stoppedBecause } = journal
  if (stoppedBecause === undefined) return { journal, heads }
  await journal.close()
  throw notRecoverable(
    `its journal is not whole: ${stoppedBecause.message}. Restore the newest copy; going on from an older one is a declared restore, which this version can't do`,
    stoppedBecause,
  )
}

async function declare(
  { crypto }: NewHardware,
  journal: Journal,
  keys: SigningKeySet,
  data: { after: number; recoveryKey: string; shares: number[] },
): Promise<void> {
  const named = (spki: Uint8Array) => toHex(crypto.hash('sha256', spki))
  await journal.record({
    act: 'signing-keys-declared',
    outcome: 'done',
    data: {
      ...data,
      keys: { journal: named(keys.journal), lat: named(keys.lat), tsa: named(keys.tsa) },
    },
    apply: (client) => keepSigningKeys(client, [keys.journal, keys.lat, keys.tsa]),
  })
}
