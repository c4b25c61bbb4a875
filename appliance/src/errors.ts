/** One sentence in both languages of the portal. */
export interface Words {
  readonly fr: string
  readonly en: string
}

/** What went wrong, for callers to switch on. `fault` says who has to act: the caller, nobody (try again), or the operator. */
export type BoxErrorCode =
  | 'journal-busy'
  | 'journal-stopped'
  | 'journal-late'
  | 'journal-conflict'
  | 'journal-altered'
  | 'already-running'
  | 'signer-failed'
  | 'act-refused'
  | 'no-such-vault'
  | 'no-such-object'
  | 'no-such-entry'
  | 'integrity-failure'
  | 'digest-mismatch'
  | 'bad-deposit'
  | 'upload-aborted'
  | 'deposit-under-way'
  | 'too-many-uploads'
  | 'store-failed'
  | 'timestamp-failed'
  | 'attestation-failed'
  | 'conflict'
  | 'idempotency-key-reused'
  | 'bad-certificate'
  | 'seal-missing'
  | 'unwitnessed'
  | 'bad-settings'
  | 'bad-ceremony'
  | 'recovery-key-altered'
  | 'not-recoverable'
  | 'not-openable'
  | 'rotation-refused'
  | 'role-refused'
  | 'rights-refused'
  | 'token-refused'
  | 'retention-refused'
  | 'under-retention'
  | 'under-hold'
  | 'destroyed'

export type Fault = 'caller' | 'retryable' | 'fatal'

export class BoxError extends Error {
  override name = 'BoxError'
  readonly code: BoxErrorCode
  readonly fault: Fault
  /** What the caller may be told beside the code's own sentence. */
  readonly words: Words | undefined
  /** What a calling program may be told beside. */
  readonly extra: Readonly<Record<string, unknown>>

  constructor(
    code: BoxErrorCode,
    fault: Fault,
    message: string,
    options?: ErrorOptions & { words?: Words; extra?: Readonly<Record<string, unknown>> },
  ) {
    super(message, options)
    this.code = code
    this.fault = fault
    this.words = options?.words
    this.extra = options?.extra ?? {}
  }
}

/** A deposit that can't be accepted as it is: says why, in the depositor's language. */
export function unacceptable(fr: string, en: string): BoxError {
  return new BoxError('bad-deposit', 'caller', en, { words: { fr, en } })
}

/** Something other than a vault or an object that a call names and that isn't there. */
export function noSuchEntry(fr: string, en: string): BoxError {
  return new BoxError('no-such-entry', 'caller', en, { words: { fr, en } })
}

/** A step of a key ceremony that can't be taken now: says why, to those who hold it. */
export function badCeremony(fr: string, en: string): BoxError {
  return new BoxError('bad-ceremony', 'caller', en, { words: { fr, en } })
}

/** A rotation of keys that can't begin now: says why, to who asked for it. */
export function rotationRefused(fr: string, en: string): BoxError {
  return new BoxError('rotation-refused', 'caller', en, { words: { fr, en } })
}

/** A change of retention or holds that a rule forbids: says which. */
export function retentionRefused(fr: string, en: string): BoxError {
  return new BoxError('retention-refused', 'caller', en, { words: { fr, en } })
}
