import {
  canonicalBytes,
  commit,
  equalBytes,
  formatStatement,
  fromHex,
  toBase64,
  toHex,
  utf8,
  type EvidenceCrypto,
  type JsonObject,
  type Opening,
} from '@probant/evidence'
import { formatTime, type Clock, type Randomness } from '@probant/host'
import type { Database } from '@probant/postgres'
import { BoxError } from '../errors.ts'
import { folderAt } from '../folders/folders.ts'
import { folderPath } from '../folders/names.ts'
import type { RecordedAct } from '../journal/act.ts'
import type { Journal } from '../journal/journal.ts'
import { TookTooLong, within } from '../journal/patience.ts'
import type { Witnessing } from '../journal/witnessing.ts'
import type { RetentionLookups } from '../retention/lookups.ts'
import { retentionAtDeposit } from '../retention/terms.ts'
import type { RetentionClass } from '../store/retention.ts'
import type { VaultCiphers } from '../store/vault-ciphers.ts'
import type { ObjectFiles } from '../store/files.ts'
import { findIdempotencyKey } from '../store/objects.ts'
import type { ObjectRow } from '../store/rows.ts'
import type { Vault } from '../store/vaults.ts'
import type { LatBatches } from './lat-batch.ts'
import {
  checkReceived,
  digestFiles,
  receiveFiles,
  statementFiles,
  type GivenDigests,
  type ReceivedObject,
  type UploadedFile,
} from './files.ts'
import { metadataBytes, type DescriptiveMetadata } from './metadata.ts'
import type { ReceptionThreads } from './reception-threads.ts'

/** While the journal can't be signed, deposits wait no longer than this. */
const LONGEST_WAIT_MS = 60_000
/** The answer to a failed deposit waits this long for its trace, which is recorded all the same. */
const LONGEST_WAIT_FOR_FAILURE_MS = 5000

/** The five steps of a deposit, named in the problem document when one fails. */
export type DepositStep = 'digests' | 'timestamp' | 'proof' | 'file' | 'commit'

export interface DepositContext {
  readonly boxId: string
  readonly database: Database
  readonly crypto: EvidenceCrypto
  readonly clock: Clock
  readonly randomness: Randomness
  readonly files: ObjectFiles
  readonly threads: ReceptionThreads
  readonly ciphers: VaultCiphers
  readonly lats: LatBatches
  readonly journal: Journal
  readonly witnessing: Witnessing
  readonly retention: RetentionLookups
  /** Of all files of one together. */
  readonly maxObjectBytes: number
}

/** The depositor's side of a deposit, as it streams in. */
export interface Upload {
  readonly vault: Vault
  readonly depositorId: string
  readonly idempotencyKey: string | undefined
  /** Where it was chosen before; else a new one is. */
  readonly objectId?: string
  /** One after the other, at least one: the bytes of each are read before the next is asked for. */
  readonly files: AsyncIterable<UploadedFile>
  /** Known once the whole request was read: metadata may follow the files. */
  readonly metadata: () => Promise<GivenMetadata>
}

export interface GivenMetadata extends DescriptiveMetadata {
  readonly digests?: GivenDigests | readonly GivenDigests[]
  /** Absent: the vault's default. */
  readonly retentionClass?: string
}

/** A deposit that was kept, now or under the same idempotency key before. */
export type Deposited =
  | {
      readonly kind: 'kept'
      readonly row: ObjectRow
      readonly opening: Opening
      readonly recorded: RecordedAct
    }
  | { readonly kind: 'repeated'; readonly objectId: string }

/** A deposit that failed: at which step, and what the journal says of it. */
export class DepositError extends Error {
  override name = 'DepositError'
  readonly step: DepositStep
  override readonly cause: unknown

  constructor(step: DepositStep, cause: unknown) {
    super(`deposit failed at step ${step}`)
    this.step = step
    this.cause = cause
  }
}

/**
 * A deposit, in the five steps of the norm. When this returns, file, rows, trace and a signed checkpoint over the trace are durable.
 * When it throws, nothing is visible, and the failure is journalled where a trace can still be written.
 * @throws DepositError with the step and its cause
 */
export async function deposit(context: DepositContext, upload: Upload): Promise<Deposited> {
  const attempt: Attempt = {
    step: 'digests',
    objectId: upload.objectId ?? context.randomness.uuid(),
    received: undefined,
  }
  try {
    return await keep(context, upload, attempt)
  } catch (error) {
    if (error instanceof BoxError && error.code === 'store-failed') attempt.step = 'file'
    await abandon(context, upload, attempt, error)
    throw new DepositError(attempt.step, error)
  }
}

interface Attempt {
  step: DepositStep
  readonly objectId: string
  received: ReceivedObject | undefined
}

async function keep(context: DepositContext, upload: Upload, attempt: Attempt): Promise<Deposited> {
  const { crypto, journal, files, randomness } = context
  const { vault } = upload
  const { objectId } = attempt

  // 1. Two digests by unrelated algorithms over the exact bytes, which are only ever written encrypted.
  if (journal.stoppedBecause !== undefined) throw journal.stoppedBecause
  if (journal.waitedMs >= LONGEST_WAIT_MS)
    throw new BoxError('journal-busy', 'retryable', journal.waitsFor ?? 'the journal waits')
  await context.witnessing.requireRecent()
  const known = await knownKey(context, upload)
  if (known !== undefined) return repeat(context, upload, attempt, known)
  const dataKey = randomness.bytes(32)
  const cipher = await context.ciphers.of(vault)
  const staged = files.stage(objectId)
  let published = false
  try {
    const received = await receiveFiles(context, upload.files, staged, dataKey)
    attempt.received = received
    const dataKeyThen = cipher.encloseDataKey(objectId, dataKey)
    dataKey.fill(0)
    const metadata = await upload.metadata()
    checkReceived(received, metadata.digests)
    const path = metadata.folder === undefined ? undefined : folderPath(metadata.folder)
    const retention = await context.retention.classOf(vault.id, metadata.retentionClass)

    // 2. and 3. Reception timestamp, then the signed archive proof, for the whole batch of statements that wait.
    attempt.step = 'timestamp'
    const statement = makeStatement(context, upload, objectId, received, metadata, retention)
    const lat = await context.lats.sign(statement.bytes).catch((error: unknown) => {
      if (error instanceof BoxError && error.code === 'signer-failed') attempt.step = 'proof'
      throw error
    })
    attempt.step = 'proof'
    const object = commitToObject(context, received, lat)

    // 4. The file, durable under its own name.
    attempt.step = 'file'
    published = true
    await files.publish(objectId, staged)
    // Folders are acts of their own. While they are made nothing of the deposit is committed, and the file goes if they can't be.
    const folderId =
      path === undefined ? null : await folderAt(context, upload.depositorId, vault, path)

    // 5. Rows and legal trace in one transaction, and the signed checkpoint over them.
    attempt.step = 'commit'
    // The vault's key may have been replaced while the file came in. From here to the journal's queue nothing waits.
    const dataKeyNow = cipher.dataKeyAnew(objectId, dataKeyThen)
    const row = (recorded: { seq: number; timeMs: number }): ObjectRow => ({
      id: objectId,
      vaultId: vault.id,
      depositSeq: recorded.seq,
      depositedAtMs: recorded.timeMs,
      depositorId: upload.depositorId,
      sizeBytes: received.sizeBytes,
      sha256: fromHex(received.digests.sha256),
      sha3: fromHex(received.digests['sha3-256']),
      mediaType: received.mediaType,
      files: received.files.length,
      lat,
      dataKeyEnclosed: dataKeyNow.enclosed,
      keyGeneration: dataKeyNow.generation,
    })
    const secret = (field: 'object' | 'depositor' | 'metadata', opening: Opening) => ({
      objectId,
      field,
      enclosed: cipher.encloseSecret(objectId, field, canonicalBytes({ ...opening })),
    })
    const recording = journal.record({
      act: 'deposit',
      outcome: 'done',
      vault: vault.id,
      object: objectId,
      objectCommitment: object.commitment,
      actorId: upload.depositorId,
      rows: (at) => ({
        objects: [row(at)],
        ...(folderId === null
          ? {}
          : { placedObjects: [{ objectId, folderId, depositSeq: at.seq }] }),
        ...(received.files.length === 1
          ? {}
          : {
              objectFiles: received.files.map(({ sha256, sha3 }) => ({ objectId, sha256, sha3 })),
            }),
        objectSecrets: [
          secret('object', object.opening),
          secret('depositor', statement.depositor),
          secret('metadata', statement.metadata),
        ],
        ...(upload.idempotencyKey === undefined
          ? {}
          : {
              idempotencyKeys: [
                {
                  userId: upload.depositorId,
                  vaultId: vault.id,
                  key: upload.idempotencyKey,
                  fingerprint: fingerprint(crypto, received, metadata),
                  objectId,
                  createdAtMs: at.timeMs,
                },
              ],
            }),
      }),
    })
    const recorded = await certain(context, recording)
    return { kind: 'kept', row: row(recorded), opening: object.opening, recorded }
  } finally {
    dataKey.fill(0)
    // What it holds is dropped: whether it can be closed well no longer matters.
    if (!published) await staged.close().catch(() => undefined)
  }
}

/**
 * The act once a checkpoint covers it. A signer that stays away leaves the depositor without an answer that could be given: what is
 * committed stays, and is told to whoever repeats the deposit under its idempotency key.
 */
async function certain(
  { clock }: DepositContext,
  recording: Promise<RecordedAct>,
): Promise<RecordedAct> {
  try {
    return await within(clock, LONGEST_WAIT_MS, 'the checkpoint over the deposit', recording)
  } catch (error) {
    if (!(error instanceof TookTooLong)) throw error
    throw new BoxError('journal-late', 'retryable', error.message, { cause: error })
  }
}

function makeStatement(
  context: DepositContext,
  upload: Upload,
  objectId: string,
  { digests, files, mediaType, sizeBytes: size }: ReceivedObject,
  metadata: DescriptiveMetadata,
  retention: RetentionClass | null,
): { bytes: Uint8Array; depositor: Opening; metadata: Opening } {
  const names = files.map(({ name }) => name)
  const depositor = opening(context, 'depositor', utf8(upload.depositorId))
  const described = opening(context, 'metadata', metadataBytes(metadata, names))
  const receivedAtMs = context.clock.nowMs()
  // In the order of canonical JSON, which spares sorting.
  const bytes = formatStatement({
    box: context.boxId,
    depositor: depositor.commitment,
    digests,
    files: statementFiles(files),
    format: 1,
    mediaType,
    metadata: described.commitment,
    nonce: toHex(context.randomness.bytes(32)),
    object: objectId,
    receivedAt: formatTime(receivedAtMs),
    retention: retention === null ? null : retentionAtDeposit(retention, receivedAtMs),
    size,
    vault: upload.vault.id,
  })
  return { bytes, depositor: depositor.opening, metadata: described.opening }
}

function commitToObject(context: DepositContext, received: ReceivedObject, lat: Uint8Array | null) {
  const { crypto } = context
  const value: JsonObject = {
    digests: { ...received.digests },
    lat:
      lat === null
        ? null
        : {
            sha256: toHex(crypto.hash('sha256', lat)),
            'sha3-256': toHex(crypto.hash('sha3-256', lat)),
          },
    size: received.sizeBytes,
  }
  return opening(context, 'object', canonicalBytes(value))
}

function opening(context: DepositContext, field: string, value: Uint8Array) {
  const salt = context.randomness.bytes(32)
  return {
    commitment: commit(context.crypto, field, salt, value),
    opening: { field, salt: toHex(salt), value: toBase64(value) },
    salt,
    value,
  }
}

/** What makes two requests under one idempotency key the same request. */
function fingerprint(
  crypto: EvidenceCrypto,
  received: ReceivedObject,
  metadata: GivenMetadata,
): Uint8Array {
  const names = received.files.map(({ name }) => name)
  return crypto.hash(
    'sha256',
    canonicalBytes({
      digests: { ...received.digests },
      metadata: toHex(crypto.hash('sha256', metadataBytes(metadata, names))),
      ...(metadata.retentionClass === undefined ? {} : { retention: metadata.retentionClass }),
    }),
  )
}

async function knownKey(context: DepositContext, upload: Upload) {
  if (upload.idempotencyKey === undefined) return undefined
  const { depositorId, vault, idempotencyKey } = upload
  return findIdempotencyKey(context.database, depositorId, vault.id, idempotencyKey)
}

/** The same request again gets the same deposit; another request under the key is refused. */
async function repeat(
  context: DepositContext,
  upload: Upload,
  attempt: Attempt,
  known: { objectId: string; fingerprint: Uint8Array },
): Promise<Deposited> {
  const received = await digestFiles(context, upload.files)
  attempt.received = received
  const metadata = await upload.metadata()
  if (!equalBytes(fingerprint(context.crypto, received, metadata), known.fingerprint))
    throw new BoxError(
      'idempotency-key-reused',
      'caller',
      'this idempotency key belongs to a deposit of other content',
    )
  return { kind: 'repeated', objectId: known.objectId }
}

/** Whether the deposit may be in the database, or soon be: then its file must stay, and recovery at restart decides. */
export const mayBeCommitted = ({ step, cause }: Pick<DepositError, 'step' | 'cause'>): boolean =>
  step === 'commit' &&
  !(cause instanceof BoxError && (cause.code === 'journal-busy' || cause.code === 'act-refused'))

/** Removes what was written and journals the failure, unless the deposit may have been committed. */
async function abandon(
  context: DepositContext,
  upload: Upload,
  attempt: Attempt,
  error: unknown,
): Promise<void> {
  if (mayBeCommitted({ step: attempt.step, cause: error })) return
  await context.files.discard(attempt.objectId).catch(() => undefined)
  const refused = error instanceof BoxError && error.fault === 'caller'
  const { received } = attempt
  const object = received === undefined ? undefined : commitToObject(context, received, null)
  const recording = context.journal.record({
    act: 'deposit',
    outcome: refused ? 'refused' : 'failed',
    vault: upload.vault.id,
    actorId: upload.depositorId,
    ...(object === undefined ? {} : { objectCommitment: object.commitment }),
    data: { reason: error instanceof BoxError ? error.code : 'internal', step: attempt.step },
    rows: ({ seq }) =>
      object === undefined
        ? {}
        : { openings: [{ seq, field: 'object', salt: object.salt, value: object.value }] },
  })
  await within(context.clock, LONGEST_WAIT_FOR_FAILURE_MS, 'a trace', recording).catch(
    () => undefined,
  )
}
