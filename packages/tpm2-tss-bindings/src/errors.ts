/** Who can do something about a failure: nobody (fatal), time (retryable), or the caller. */
export type Fault = 'fatal' | 'retryable' | 'caller'

const faults = {
  'libraries-missing': 'fatal',
  'no-connection': 'retryable',
  busy: 'retryable',
  'locked-out': 'retryable',
  'out-of-memory': 'retryable',
  'policy-failed': 'fatal',
  'authorisation-failed': 'fatal',
  'not-of-this-tpm': 'fatal',
  'not-trusted': 'fatal',
  failed: 'fatal',
  malformed: 'fatal',
  'invalid-signature': 'caller',
  'not-found': 'caller',
  'already-defined': 'caller',
  'bad-value': 'caller',
  closed: 'caller',
} as const satisfies Record<string, Fault>

/**
 * - `libraries-missing`: the tpm2-tss libraries aren't installed; the message names the Debian packages
 * - `no-connection`: the TPM can't be reached, or the connection broke; the next use connects again
 * - `busy`: the TPM asks to try again; `out-of-memory`: its few slots are taken by others
 * - `locked-out`: too many wrong authorisations: the dictionary attack protection holds
 * - `policy-failed`: a policy isn't fulfilled: PCRs changed, a counter has moved on, a signature misses
 * - `authorisation-failed`: a wrong authorisation value
 * - `not-of-this-tpm`: a blob, ticket or credential that another TPM (or parent) made, or that was altered
 * - `not-trusted`: what the TPM answered isn't what the caller pinned (another storage key)
 * - `failed`: any other refusal; `name` and `responseCode` say which
 * - `malformed`: a structure that can't be read
 * - `invalid-signature`: the signature given to the TPM doesn't verify
 * - `not-found`, `already-defined`: a handle or NV index; `bad-value`: an argument; `closed`: after `close`
 */
export type Tpm2ErrorCode = keyof typeof faults

/** Where a response code comes from. */
export interface ResponseDetails {
  /** TSS2_RC as returned. */
  readonly responseCode: number
  /** The layer of the TSS: `tpm`, `esapi`, `sapi`, `mu`, `tcti`, `resource manager`, … */
  readonly layer: string
  /** The constant's name without its prefix, e.g. `POLICY_FAIL`. */
  readonly name: string
  /** The command that failed, e.g. `Unseal`. */
  readonly command: string
}

/** Whatever goes wrong with a TPM; callers switch on `code`, the message is a sentence for the log. */
export class Tpm2Error extends Error {
  readonly code: Tpm2ErrorCode
  readonly fault: Fault
  readonly details: ResponseDetails | undefined

  constructor(
    code: Tpm2ErrorCode,
    message: string,
    options: ErrorOptions & { details?: ResponseDetails } = {},
  ) {
    super(message, options)
    this.name = 'Tpm2Error'
    this.code = code
    this.fault = faults[code]
    this.details = options.details
  }
}
