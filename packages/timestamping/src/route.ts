/** An authority's answer as it came, with the revocation lists of the time; both are for whoever asked to judge. */
export interface RelayedAnswer {
  /** TimeStampResp, DER. */
  readonly answer: Uint8Array
  /** DER. */
  readonly lists: readonly Uint8Array[]
}

/**
 * Brings a request to an authority by somebody else's route.
 * @param authority its name in that somebody's settings
 * @throws TimestampError
 */
export type Relay = (
  authority: string,
  request: Uint8Array,
  how: { readonly timeoutMs: number; readonly signal: AbortSignal | undefined },
) => Promise<RelayedAnswer>
