import { Boolean as Truth, Integer, Null, ObjectIdentifier, OctetString, Sequence } from 'asn1js'

/** Digests that an imprint may be of, by what OID. */
const digests = {
  sha512: '2.16.840.1.101.3.4.2.3',
  'sha3-512': '2.16.840.1.101.3.4.2.10',
} as const

export type ImprintAlgorithm = keyof typeof digests

/** A question to an authority. */
export interface TimestampRequest {
  readonly imprint: Uint8Array
  readonly imprintAlgorithm: ImprintAlgorithm
  /** OID of the policy that is asked for. */
  readonly policy: string | undefined
  /** Positive INTEGER, big-endian, its first byte between 1 and 127. */
  readonly nonce: Uint8Array
}

/** A TimeStampReq (RFC 3161 section 2.4.1) that wants the authority's certificate in the token. DER. */
export function encodeRequest({
  imprint,
  imprintAlgorithm,
  policy,
  nonce,
}: TimestampRequest): Uint8Array {
  const algorithm = new Sequence({
    value: [new ObjectIdentifier({ value: digests[imprintAlgorithm] }), new Null()],
  })
  const parts = [
    new Integer({ value: 1 }),
    new Sequence({
      value: [algorithm, new OctetString({ valueHex: Uint8Array.from(imprint).buffer })],
    }),
    ...(policy === undefined ? [] : [new ObjectIdentifier({ value: policy })]),
    new Integer({ valueHex: Uint8Array.from(nonce).buffer }),
    new Truth({ value: true }),
  ]
  return new Uint8Array(new Sequence({ value: parts }).toBER())
}
