export type SupervisorErrorCode =
  /** The keys or the first operator are missing: run `probant supervisor initialise`. Fatal. */
  | 'not-initialised'
  /** The host key file can be read by others, or isn't a key. Fatal. */
  | 'host-key'
  /** A file named by its digest doesn't hold those bytes: the disk or somebody changed it. Fatal. */
  | 'stored-bytes-altered'
  /** Another session of the same box has begun; this one is not listened to any more. */
  | 'superseded'
  /** The box sent more today than it may. Its own fault. */
  | 'over-quota'
  /** Somebody else moved the size meanwhile; look again. Retryable. */
  | 'size-moved'
  /** No open journal of this name is followed. The caller's fault. */
  | 'unknown-origin'
  /** An enrolment that contradicts what exists. The caller's fault. */
  | 'enrolment'
  /** A one-time code that can't be used (any more). The caller's fault. */
  | 'enrolment-code'
  /** A file of expected values that can't be taken. The caller's fault. */
  | 'reference-values'
  /** An approval that doesn't count. The caller's fault. */
  | 'approval'
  /** Verification messages to one contact, or to all together, come too fast. Retryable later. */
  | 'too-many-messages'
  /** What a setting names can't be read. Retryable once somebody mended it. */
  | 'unusable-setting'

const kinds: Readonly<Record<SupervisorErrorCode, 'fatal' | 'retryable' | 'caller'>> = {
  'not-initialised': 'fatal',
  'host-key': 'fatal',
  'stored-bytes-altered': 'fatal',
  superseded: 'caller',
  'over-quota': 'caller',
  'size-moved': 'retryable',
  'unknown-origin': 'caller',
  enrolment: 'caller',
  'enrolment-code': 'caller',
  'reference-values': 'caller',
  approval: 'caller',
  'too-many-messages': 'retryable',
  'unusable-setting': 'retryable',
}

/** What goes wrong in the centre itself. What goes wrong on a box is a finding, never an error. */
export class SupervisorError extends Error {
  override readonly name = 'SupervisorError'
  readonly code: SupervisorErrorCode
  readonly kind: 'fatal' | 'retryable' | 'caller'

  constructor(code: SupervisorErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
    this.kind = kinds[code]
  }
}
