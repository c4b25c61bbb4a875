import { parseVkey, toHex, type EvidenceCrypto, type VerifierKey } from '@probant/evidence'
import {
  createMetrics,
  systemClock,
  systemRandomness,
  type Clock,
  type Logger,
  type Metrics,
  type Randomness,
} from '@probant/host'
import { nodeCrypto, openProvider, type KeyProvider, type KeyRef } from '@probant/keys'
import { createPool, type Database } from '@probant/postgres'
import { join } from 'node:path'
import { Credentials } from './access/credentials.ts'
import { AuthenticatorApps } from './access/authenticator-app.ts'
import { Lookups } from './access/lookups.ts'
import { Passkeys } from './access/passkeys.ts'
import { SignIn } from './access/sign-in.ts'
import { Dating } from './dating/dating.ts'
import { SupervisorRelay } from './dating/supervisor-relay.ts'
import { LatBatches } from './deposit/lat-batch.ts'
import { SignerWatch } from './deposit/signer-watch.ts'
import { removeLeftovers } from './deposit/recovery.ts'
import { AttestationDesk } from './attestation/desk.ts'
import { ReceptionThreads } from './deposit/reception-threads.ts'
import { BoxError } from './errors.ts'
import { Journal } from './journal/journal.ts'
import { within } from './journal/patience.ts'
import { JournalProofs } from './journal/proofs.ts'
import { RememberedHeads } from './journal/remembered-heads.ts'
import { SealSchedule } from './journal/seal-schedule.ts'
import { Sha3Tree } from './journal/sha3-tree.ts'
import { pinnedWitnesses, requiredWitnesses, Witnessing } from './journal/witnessing.ts'
import { Recovery } from './recovery/recovery.ts'
import { Renewal } from './renewal/renewal.ts'
import { scheduleOf } from './renewal/schedule.ts'
import { RetentionLookups } from './retention/lookups.ts'
import { newestOutsideInstant } from './retention/outside-instants.ts'
import { Policies } from './retention/policies.ts'
import { TrustedTime } from './retention/trusted-time.ts'
import { DEFAULT_SCHEDULE } from './rotation/context.ts'
import { Rotation } from './rotation/rotation.ts'
import { SealAdministration } from './seal-certificate/administration.ts'
import { SealReminders } from './seal-certificate/reminders.ts'
import { Seals } from './seal-certificate/seals.ts'
import type { ApplianceSettings } from './settings.ts'
import { ObjectFiles } from './store/files.ts'
import { VaultCiphers } from './store/vault-ciphers.ts'
import { keepSigningKeys } from './store/signing-keys.ts'
import { openAuthority, OutsideReception } from './timestamping/index.ts'

/** Labels of the box's signing keys in its provider. */
export const KEY_LABELS = { journal: 'journal', lat: 'lat' } as const

/** A device that takes longer for one signature is taken for one that does not answer. */
const SIGNATURE_LIMIT_MS = 20_000

/** Everything that one running vault service is made of. */
export interface Box {
  readonly settings: ApplianceSettings
  readonly log: Logger
  readonly metrics: Metrics
  readonly clock: Clock
  readonly randomness: Randomness
  readonly crypto: EvidenceCrypto
  readonly database: Database
  readonly keys: KeyProvider
  readonly files: ObjectFiles
  readonly threads: ReceptionThreads
  readonly attestations: AttestationDesk
  readonly ciphers: VaultCiphers
  readonly recovery: Recovery
  readonly rotation: Rotation
  readonly credentials: Credentials
  readonly signIn: SignIn
  readonly authenticatorApps: AuthenticatorApps
  /** Undefined where no host is configured that they could be bound to. */
  readonly passkeys: Passkeys | undefined
  readonly lookups: Lookups
  /** Under which class deposits come. */
  readonly retention: RetentionLookups
  /** What the journal says of retention and holds. */
  readonly policies: Policies
  readonly trustedTime: TrustedTime
  readonly lats: LatBatches
  /** Undefined where reception tokens are the box's own. */
  readonly outsideReception: OutsideReception | undefined
  /** Whether deposits can be proved. */
  readonly signerWatch: SignerWatch
  readonly seals: Seals
  readonly sealAdministration: SealAdministration
  readonly journal: Journal
  readonly dating: Dating
  readonly renewal: Renewal
  readonly relay: SupervisorRelay
  readonly witnessing: Witnessing
  readonly proofs: JournalProofs
  readonly sha3Tree: Sha3Tree
  readonly heads: RememberedHeads
  readonly journalKey: Uint8Array
  readonly latKey: Uint8Array
  readonly witnessKeys: readonly VerifierKey[]
  readonly auditKey: VerifierKey | undefined
  close(): Promise<void>
}

export interface BoxOptions {
  readonly settings: ApplianceSettings
  readonly log: Logger
  /** Called once when the journal's state is no longer known: end the process, its restart recovers. */
  readonly fatal: (error: Error) => void
  readonly clock?: Clock
  readonly randomness?: Randomness
  readonly keys?: KeyProvider
  readonly database?: Database
  readonly files?: ObjectFiles
}

/**
 * Opens the box: keys, database, journal (with recovery), store. The same code recovers after a crash and starts normally.
 * @throws BoxError `bad-settings` when a key is missing; KeyError, PostgresError
 */
export async function openBox(options: BoxOptions): Promise<Box> {
  const { settings, log } = options
  const clock = options.clock ?? systemClock
  const randomness = options.randomness ?? systemRandomness
  const crypto = nodeCrypto
  const witnessKeys = pinnedWitnesses(crypto, settings)
  const digest = (spki: Uint8Array) => toHex(crypto.hash('sha256', spki))
  const keys = options.keys ?? (await openProvider(settings.keys, randomness))
  const { service, owner, ...place } = settings.database
  const database = options.database ?? createPool({ ...place, ...service, max: 16, logger: log })
  const proofs = new JournalProofs(database, crypto)
  const signing = async (label: string) => {
    const ref = await keyOf(keys, label)
    return {
      publicKey: await keys.publicKey(ref),
      sign: (message: Uint8Array) =>
        within(clock, SIGNATURE_LIMIT_MS, `a signature by ${label}`, keys.sign(ref, message)),
    }
  }
  const journalSigner = await signing(KEY_LABELS.journal)
  const latSigner = await signing(KEY_LABELS.lat)
  const authority = await openAuthority({
    keys,
    clock,
    randomness,
    folder: join(settings.home, 'timestamping'),
  })
  const heads = new RememberedHeads(settings.home, clock, log)
  const journal = await Journal.open({
    database,
    crypto,
    clock,
    randomness,
    log,
    signer: journalSigner,
    proofs,
    heads,
    requiredWitnesses: requiredWitnesses(settings.witnessing),
    fatal: options.fatal,
  })
  const files = options.files ?? new ObjectFiles(settings.home)
  await files.prepare()
  if (journal.stoppedBecause === undefined) {
    // Only on a journal that was found whole: on a rolled-back database, files without a row are what must be kept.
    const recovered = await removeLeftovers(database, files)
    if (journal.size === 0)
      await journal.record({
        act: 'log-opened',
        outcome: 'done',
        data: {
          boxId: settings.boxId,
          keys: {
            journal: digest(journalSigner.publicKey),
            lat: digest(latSigner.publicKey),
            tsa: digest(authority.publicKey),
          },
        },
      })
    else await journal.record({ act: 'service-started', outcome: 'done' })
    if (recovered.stagingRemoved + recovered.orphansRemoved > 0)
      await journal.record({ act: 'service-recovered', outcome: 'done', data: { ...recovered } })
  }
  if (journal.stoppedBecause === undefined)
    await keepSigningKeys(
      database,
      [journalSigner, latSigner, authority].map(({ publicKey }) => publicKey),
    )
  const { boxId, home } = settings
  const ciphers = new VaultCiphers(keys, database, boxId, randomness)
  const shared = { boxId, database, journal, ciphers, log }
  const recovery = new Recovery({ ...shared, home, nowMs: () => clock.nowMs() })
  const epochs = settings.keyEpochs ?? DEFAULT_SCHEDULE
  const rotation = new Rotation({ ...shared, keys, recovery, clock, schedule: epochs })
  if (journal.stoppedBecause === undefined) {
    await recovery.start()
    await rotation.start()
  }
  const schedule = new SealSchedule({ database, crypto, clock, log, journal, ...settings.journal })
  schedule.start()
  const sha3Tree = new Sha3Tree({ database, crypto, clock, log, journal })
  sha3Tree.start()
  const relay = new SupervisorRelay(clock, randomness)
  const dating = await Dating.open({
    relay: relay.bring,
    database,
    crypto,
    clock,
    randomness,
    log,
    journal,
    seal: () => schedule.seal(),
    settings: settings.dating,
  })
  dating.start()
  const renewal = await Renewal.open({
    ...{ database, crypto, clock, randomness, log, journal },
    relay: relay.bring,
    schedule: scheduleOf(settings.renewal),
    settings: settings.dating,
  })
  renewal.start()
  const outside = { database, crypto, witnessKeys, dating: settings.dating }
  const trustedTime = new TrustedTime(clock, keys, () => newestOutsideInstant(outside))
  trustedTime.now().catch((err: unknown) => log.warn({ err }, 'no trusted time yet'))
  const { required: isRequired, policies } = settings.seal ?? { required: false, policies: [] }
  const seals = await Seals.open({ database, crypto, clock, log, keys, isRequired })
  const threads = new ReceptionThreads()
  const attestations = new AttestationDesk()
  const reminders = new SealReminders({ crypto, clock, log, journal, seals })
  reminders.start()
  const ownToken = (imprint: Uint8Array) =>
    within(clock, SIGNATURE_LIMIT_MS, 'a timestamp', authority.token(imprint))
  const outsideReception =
    settings.reception &&
    new OutsideReception({
      ...{ crypto, clock, randomness, log, settings: settings.reception },
      outside: settings.dating,
      internal: ownToken,
      onFallback: (failures) => {
        const authorities = failures.map(({ authority: name, code }) => ({ authority: name, code }))
        const data = { authorities, by: 'internal' }
        journal
          .record({ act: 'reception-fallback', outcome: 'failed', data })
          .catch((err: unknown) => {
            log.error({ err }, 'that reception tokens are the box’s own could not be journalled')
          })
      },
    })
  const reception = outsideReception ?? {
    mostAtOnce: 1,
    ready: () => Promise.resolve(),
    token: ownToken,
  }
  const lats = new LatBatches(crypto, reception, latSigner, () => seals.begin())
  const signerWatch = new SignerWatch({ clock, log, randomness, lats })
  const credentials = new Credentials(crypto, clock, randomness)
  const authenticatorApps = new AuthenticatorApps(keys, database, clock, settings.name)
  const { passkeyHost = null, origins = [] } = settings.signIn ?? {}
  const passkeys =
    passkeyHost === null
      ? undefined
      : new Passkeys({ id: passkeyHost, origins }, settings.name, clock, randomness)
  const signIn = new SignIn({
    ...{ database, journal, crypto, clock, credentials, apps: authenticatorApps, passkeys },
  })
  return {
    settings,
    log,
    metrics: createMetrics({ component: 'appliance' }),
    clock,
    randomness,
    crypto,
    database,
    keys,
    files,
    threads,
    attestations,
    ciphers,
    recovery,
    rotation,
    credentials,
    signIn,
    authenticatorApps,
    passkeys,
    lookups: new Lookups(database, clock, () => journal.changes),
    retention: new RetentionLookups(database, clock, () => journal.changes),
    policies: new Policies(database),
    trustedTime,
    lats,
    outsideReception,
    signerWatch,
    seals,
    sealAdministration: new SealAdministration({
      database,
      crypto,
      clock,
      randomness,
      keys,
      journal,
      seals,
      policies,
    }),
    journal,
    dating,
    renewal,
    relay,
    witnessing: new Witnessing(database, clock, settings.witnessing),
    proofs,
    sha3Tree,
    heads,
    journalKey: journalSigner.publicKey,
    latKey: latSigner.publicKey,
    witnessKeys,
    auditKey: settings.centre === null ? undefined : parseVkey(settings.centre.auditKey, crypto),
    async close() {
      outsideReception?.stop()
      const stopped = [schedule, sha3Tree, reminders, signerWatch, dating, renewal].map((each) =>
        each.stop(),
      )
      await rotation.stop()
      await recovery.close()
      await journal.close()
      await Promise.all(stopped)
      await heads.close()
      await threads.close()
      await attestations.close()
      await database.close()
      await keys.close()
    },
  }
}

export async function keyOf(keys: KeyProvider, label: string): Promise<KeyRef> {
  const ref = await keys.find(label)
  if (ref === undefined)
    throw new BoxError(
      'bad-settings',
      'fatal',
      `the key store ${keys.name} holds no key "${label}": initialise the box first`,
    )
  return ref
}
