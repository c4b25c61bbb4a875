/** Why an authority gave no token that can be kept. Callers switch on it; the set is closed. */
export type TimestampErrorCode =
  | 'bad-settings' // a file of roots or credentials that can't be used
  | 'not-a-request' // what is to be relayed isn't exactly a request
  | 'refused-by-centre' // the centre doesn't relay it
  | 'unreachable'
  | 'timed-out'
  | 'refused-by-server' // an HTTP status other than 200
  | 'not-an-answer' // neither the media type nor the form of one
  | 'too-large'
  | 'not-granted' // PKIStatus
  | 'bad-token' // the verifier says what is wrong
  | 'not-verifiable' // a check that couldn't be run
  | 'implausible-time'
  | 'of-no-use' // whoever asked says why
  | 'no-quorum'

/** Who has to act: whoever wrote the settings, or nobody: a later try may succeed. */
export type Fault = 'caller' | 'retryable'

/** The one error that this package throws on purpose. */
export class TimestampError extends Error {
  override readonly name = 'TimestampError'
  readonly code: TimestampErrorCode
  readonly kind: Fault

  constructor(code: TimestampErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.kind = code === 'bad-settings' || code === 'not-a-request' ? 'caller' : 'retryable'
  }
}
