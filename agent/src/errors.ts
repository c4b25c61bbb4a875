/** What went wrong in the agent; callers switch on it. */
export type AgentErrorCode =
  | 'centre-unreachable'
  | 'host-key-mismatch'
  | 'refused-by-centre'
  | 'centre-misbehaved'
  | 'witness-unreachable'
  | 'refused-by-witness'
  | 'witness-misbehaved'
  | 'appliance-unreachable'
  | 'appliance-refused'
  | 'not-enrolled'
  | 'refused-words'
  | 'unusable-key'
  | 'unusable-file'
  | 'unknown-call'
  | 'tpm'
  | 'stopping'

/** `retryable`: the same again later may work. `fatal`: somebody has to change something first. `caller`: what was asked makes no sense. */
export type AgentErrorKind = 'fatal' | 'retryable' | 'caller'

const KINDS: Record<AgentErrorCode, AgentErrorKind> = {
  'centre-unreachable': 'retryable',
  'host-key-mismatch': 'fatal',
  'refused-by-centre': 'retryable',
  'centre-misbehaved': 'retryable',
  'witness-unreachable': 'retryable',
  'refused-by-witness': 'retryable',
  'witness-misbehaved': 'retryable',
  'appliance-unreachable': 'retryable',
  'appliance-refused': 'fatal',
  'not-enrolled': 'caller',
  'refused-words': 'caller',
  'unusable-key': 'fatal',
  'unusable-file': 'caller',
  'unknown-call': 'caller',
  tpm: 'retryable',
  stopping: 'retryable',
}

export class AgentError extends Error {
  override readonly name = 'AgentError'
  readonly code: AgentErrorCode
  readonly kind: AgentErrorKind

  constructor(code: AgentErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
    this.kind = KINDS[code]
  }
}

/** A message for people from whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Under what a failure is counted. */
export function codeOf(error: unknown): string {
  return error instanceof AgentError ? error.code : 'unexpected'
}
