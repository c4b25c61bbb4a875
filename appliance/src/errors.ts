/** What went wrong, for callers to switch on. `fault` says who has to act: the caller, nobody (try again), or the operator. */
export type BoxErrorCode =
  | 'journal-busy'
  | 'journal-stopped'
  | 'journal-conflict'
  | 'journal-altered'
  | 'signer-failed'
  | 'act-refused'
  | 'no-such-vault'
  | 'no-such-object'
  | 'integrity-failure'
  | 'digest-mismatch'
  | 'bad-deposit'
  | 'upload-aborted'
  | 'store-failed'
  | 'timestamp-failed'
  | 'conflict'
  | 'idempotency-key-reused'
  | 'bad-settings'

export type Fault = 'caller' | 'retryable' | 'fatal'

export class BoxError extends Error {
  override name = 'BoxError'
  readonly code: BoxErrorCode
  readonly fault: Fault

  constructor(code: BoxErrorCode, fault: Fault, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.fault = fault
  }
}

/** A broken invariant: the process must stop rather than go on with a state that it doesn't understand. */
export function assertInvariant(holds: boolean, what: string): asserts holds {
  if (!holds) throw new BoxError('journal-conflict', 'fatal', `broken invariant: ${what}`)
}
