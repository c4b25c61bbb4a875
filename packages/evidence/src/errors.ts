/** Why a piece of evidence could not be read. Callers switch on it; the set is closed. */
export type EvidenceErrorCode =
  | 'malformed-encoding' // not hex, not base64, not UTF-8, a number out of range
  | 'malformed-json'
  | 'not-canonical' // JSON, but not the bytes that RFC 8785 (and formats.md section 1) would give
  | 'malformed-blocks'
  | 'malformed-commitment'
  | 'malformed-tree' // indexes, sizes or hashes that no Merkle tree has
  | 'malformed-note'
  | 'malformed-vkey'
  | 'malformed-checkpoint'
  | 'malformed-cosignature'
  | 'malformed-proof'
  | 'malformed-trace'
  | 'malformed-seal'
  | 'malformed-segment'
  | 'malformed-lat'
  | 'malformed-token'
  | 'malformed-revocation' // a list or an answer about revoked certificates
  | 'malformed-record' // an evidence record of RFC 4998
  | 'malformed-signature' // CMS that isn't what a block may hold
  | 'malformed-receipt'
  | 'malformed-log-entry' // of a witness's own log
  | 'malformed-anchors'
  | 'malformed-bundle'
  | 'too-large' // beyond a limit of formats.md
  | 'lower-format' // a format below 1 never existed: somebody downgraded it
  | 'unknown-format' // a later format: the honest answer is "can't tell"
  | 'unsupported-algorithm' // likewise

/**
 * The one error that this package throws on purpose: what was read is not what formats.md says.
 * Anything else that escapes is a defect of ours.
 */
export class EvidenceError extends Error {
  override readonly name = 'EvidenceError'
  readonly code: EvidenceErrorCode
  /** Where in the input: a member, a line number or an entry name, when there is one to tell. */
  readonly where: string | undefined

  constructor(
    code: EvidenceErrorCode,
    message: string,
    options: { where?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.where = options.where
  }
}

/** What was caught, as an EvidenceError. Anything else is a fault of the program, not of what was read: it is thrown again. */
export function evidenceErrorOf(error: unknown): EvidenceError {
  if (!(error instanceof EvidenceError)) throw error
  return error
}
