export type ShippingErrorCode =
  | 'frame-too-long'
  | 'unknown-frame'
  | 'malformed-message'
  | 'segment-too-long'
  | 'malformed-segment'
  | 'cut-short'
  | 'too-slow'
  | 'window-overrun'
  | 'packet-too-small'

/**
 * What a peer on the wire did wrong. Always the peer's fault or the network's: the session ends, and another may
 * start. `cut-short` and `too-slow` are what a bad network does to an honest peer, so they are never evidence of anything.
 */
export class ShippingError extends Error {
  readonly code: ShippingErrorCode

  constructor(code: ShippingErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ShippingError'
    this.code = code
  }
}
