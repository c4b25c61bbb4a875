/** What went wrong in this package; callers switch on it. */
export type HostErrorCode =
  'settings-unreadable' | 'settings-invalid' | 'bad-time' | 'no-monotonic-clock' | 'aborted'

/**
 * An error of the host layer. All of them are fatal for the operation at hand: trying again changes
 * nothing until somebody changes the file or the machine that the message names.
 */
export class HostError extends Error {
  override readonly name = 'HostError'
  readonly kind = 'fatal'
  readonly code: HostErrorCode

  constructor(code: HostErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
  }
}
