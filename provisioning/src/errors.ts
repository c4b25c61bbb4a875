/** Why the installation can't start, go on or be cleared; each message is one sentence that says what to do. */
export type ProvisioningErrorCode =
  | 'unsupported-machine'
  | 'incomplete-installation'
  | 'port-taken'
  | 'disk-full'
  | 'not-writable'
  | 'already-running'
  | 'bad-environment'
  | 'bad-configuration'
  | 'part-failed'
  | 'request-refused'
  | 'damaged-installation'

/** Fatal for the start at hand: the person who reads the sentence has to act first. */
export class ProvisioningError extends Error {
  override readonly name = 'ProvisioningError'
  readonly kind = 'fatal'
  readonly code: ProvisioningErrorCode

  constructor(code: ProvisioningErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}

/** The system's own code of a failed call (`ENOSPC`, `EADDRINUSE` …), looked for along the causes. */
export function systemCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++)
    if ('code' in at && typeof at.code === 'string' && /^E[A-Z0-9]+$/.test(at.code)) return at.code
  return undefined
}
