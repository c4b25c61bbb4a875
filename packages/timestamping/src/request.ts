import { equalBytes } from '@probant/evidence'
import {
  fromBER,
  Boolean as Truth,
  Integer,
  Null,
  ObjectIdentifier,
  OctetString,
  Sequence,
} from 'asn1js'
import { TimestampError } from './errors.ts'

/** Digests that an imprint may be of, by what OID. */
const digests = {
  sha256: '2.16.840.1.101.3.4.2.1',
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

/**
 * Reads a request, which has to be exactly what {@link encodeRequest} writes of it: an authority is shown nothing else in our name.
 * @throws TimestampError `not-a-request`
 */
export function readRequest(bytes: Uint8Array): TimestampRequest {
  const { result } = fromBER(Uint8Array.from(bytes))
  const parts = result instanceof Sequence ? result.valueBlock.value : []
  const [, digest, third, fourth] = parts
  const [algorithm, hashed] = digest instanceof Sequence ? digest.valueBlock.value : []
  const imprintAlgorithm = algorithm instanceof Sequence ? digestIn(algorithm) : undefined
  const policy = third instanceof ObjectIdentifier ? third.valueBlock.toString() : undefined
  const nonce = policy === undefined ? third : fourth
  const isWhole = hashed instanceof OctetString && nonce instanceof Integer
  if (!isWhole || imprintAlgorithm === undefined) throw notARequest()
  const request = {
    imprint: new Uint8Array(hashed.valueBlock.valueHexView),
    imprintAlgorithm,
    policy,
    nonce: new Uint8Array(nonce.valueBlock.valueHexView),
  }
  const isExact = request.imprint.length === 64 && equalBytes(encodeRequest(request), bytes)
  if (!isExact) throw notARequest()
  return request
}

function digestIn({ valueBlock: { value } }: Sequence): ImprintAlgorithm | undefined {
  const [oid] = value
  const name = oid instanceof ObjectIdentifier ? oid.valueBlock.toString() : undefined
  return name === digests.sha512 ? 'sha512' : name === digests['sha3-512'] ? 'sha3-512' : undefined
}

function notARequest(): TimestampError {
  return new TimestampError(
    'not-a-request',
    'not a time-stamp request over SHA-512 or SHA3-512 with a nonce',
  )
}
