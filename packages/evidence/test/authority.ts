import {
  BitString,
  Enumerated,
  Integer,
  Null,
  ObjectIdentifier,
  OctetString,
  Primitive,
  Sequence,
  Utf8String,
  UTCTime,
} from 'asn1js'
import * as pkijs from 'pkijs'
import { testCrypto } from './test-crypto.ts'

// A time-stamping authority for tests. What it issues can be wrong in every way that a verifier must notice.

export interface TestCertificate {
  readonly parsed: pkijs.Certificate
  readonly der: Uint8Array
  readonly privateKey: CryptoKey
  readonly name: string
  /** What its key signs with. */
  readonly hash: Hash
}

type Hash = 'SHA-256' | 'SHA-384'

export interface CertificateOptions {
  readonly name: string
  /** P-384 with SHA-384 in place of P-256 with SHA-256. */
  readonly isStrong?: boolean
  /** Self-signed when absent. */
  readonly issuer?: TestCertificate
  readonly notBefore?: string
  readonly notAfter?: string
  readonly authority?: boolean
  readonly pathLength?: number
  /** First byte of the bit string: 0x80 digitalSignature, 0x04 keyCertSign; none when null. */
  readonly keyUsage?: number | null
  readonly purposes?: readonly string[]
  readonly purposesCritical?: boolean
  readonly criticalExtension?: string
  /** Where its revocation lists are said to be; null: in a way that can't be read. */
  readonly listsAt?: readonly string[] | null
  readonly keyIdentifier?: Uint8Array
  /** The key identifier is there twice. */
  readonly twice?: boolean
  /** Signs with this key in place of the issuer's. */
  readonly forgedBy?: CryptoKey
}

export const timeStamping = '1.3.6.1.5.5.7.3.8'
let serial = 1

export async function makeCertificate(options: CertificateOptions): Promise<TestCertificate> {
  const namedCurve = options.isStrong ? 'P-384' : 'P-256'
  const hash = options.isStrong ? 'SHA-384' : 'SHA-256'
  const algorithm = { name: 'ECDSA', namedCurve }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const parsed = new pkijs.Certificate()
  parsed.version = 2
  parsed.serialNumber = new Integer({ value: ++serial })
  parsed.subject.typesAndValues.push(commonName(options.name))
  parsed.issuer.typesAndValues.push(commonName(options.issuer?.name ?? options.name))
  parsed.notBefore.value = new Date(options.notBefore ?? '2020-01-01T00:00:00Z')
  parsed.notAfter.value = new Date(options.notAfter ?? '2040-01-01T00:00:00Z')
  parsed.extensions = extensionsOf(options)
  await parsed.subjectPublicKeyInfo.importKey(keys.publicKey)
  await parsed.sign(
    options.forgedBy ?? options.issuer?.privateKey ?? keys.privateKey,
    options.issuer?.hash ?? hash,
  )
  const der = new Uint8Array(parsed.toSchema(true).toBER())
  return {
    parsed: pkijs.Certificate.fromBER(der),
    der,
    privateKey: keys.privateKey,
    name: options.name,
    hash,
  }
}

function commonName(name: string): pkijs.AttributeTypeAndValue {
  return new pkijs.AttributeTypeAndValue({
    type: '2.5.4.3',
    value: new Utf8String({ value: name }),
  })
}

function extensionsOf(options: CertificateOptions): pkijs.Extension[] {
  const { authority, pathLength, keyUsage = authority ? 4 : 0x80, purposes } = options
  const extensions: pkijs.Extension[] = []
  const add = (extnID: string, critical: boolean, value: { toBER(): ArrayBuffer }): void => {
    extensions.push(new pkijs.Extension({ extnID, critical, extnValue: value.toBER() }))
  }
  if (authority) {
    const constraints = new pkijs.BasicConstraints({
      cA: true,
      ...(pathLength === undefined ? {} : { pathLenConstraint: pathLength }),
    })
    add('2.5.29.19', true, constraints.toSchema())
  }
  if (keyUsage !== null) {
    const bits = new BitString({ valueHex: new Uint8Array([keyUsage]).buffer, unusedBits: 0 })
    add('2.5.29.15', true, bits)
  }
  if (purposes && purposes.length > 0) {
    const usage = new pkijs.ExtKeyUsage({ keyPurposes: [...purposes] })
    add('2.5.29.37', options.purposesCritical ?? true, usage.toSchema())
  }
  if (options.criticalExtension !== undefined) add(options.criticalExtension, true, new Null())
  if (options.listsAt === null) add('2.5.29.31', false, new Null())
  else if (options.listsAt !== undefined) {
    const distributionPoints = options.listsAt.map(
      (uri) => new pkijs.DistributionPoint({ distributionPoint: [address(uri)] }),
    )
    add('2.5.29.31', false, new pkijs.CRLDistributionPoints({ distributionPoints }).toSchema())
  }
  if (options.keyIdentifier) {
    const id = new OctetString({ valueHex: new Uint8Array(options.keyIdentifier).buffer })
    add('2.5.29.14', false, id)
    if (options.twice) add('2.5.29.14', false, id)
  }
  return extensions
}

/** A uniformResourceIdentifier. */
const address = (value: string): pkijs.GeneralName => new pkijs.GeneralName({ type: 6, value })

export interface ListOptions {
  readonly issuer: TestCertificate
  readonly thisUpdate?: string
  /** None when null. */
  readonly nextUpdate?: string | null
  readonly revoked?: readonly {
    readonly certificate: TestCertificate
    readonly at: string
    /** CRLReason. */
    readonly reason?: number
    readonly criticalExtension?: string
  }[]
  /** What it is limited to. */
  readonly scope?: ConstructorParameters<typeof pkijs.IssuingDistributionPoint>[0] & {
    readonly at?: string
  }
  readonly criticalExtension?: string
  readonly forgedBy?: CryptoKey
}

/** DER of a certificate revocation list. */
export async function makeList(options: ListOptions): Promise<Uint8Array> {
  const { issuer, revoked = [], scope, criticalExtension } = options
  const list = new pkijs.CertificateRevocationList()
  list.version = 1
  list.issuer.typesAndValues.push(commonName(issuer.name))
  list.thisUpdate = time(options.thisUpdate ?? '2026-03-01T00:00:00Z')
  if (options.nextUpdate !== null)
    list.nextUpdate = time(options.nextUpdate ?? '2026-03-08T00:00:00Z')
  if (revoked.length > 0)
    list.revokedCertificates = revoked.map(
      ({ certificate, at, reason, criticalExtension: critical }) =>
        new pkijs.RevokedCertificate({
          userCertificate: certificate.parsed.serialNumber,
          revocationDate: time(at),
          ...entryExtensions(reason, critical),
        }),
    )
  const extensions: pkijs.Extension[] = []
  if (scope !== undefined) {
    const { at, ...rest } = scope
    const point = new pkijs.IssuingDistributionPoint({
      ...rest,
      ...(at === undefined ? {} : { distributionPoint: [address(at)] }),
    })
    extensions.push(extension('2.5.29.28', true, point.toSchema()))
  }
  if (criticalExtension !== undefined)
    extensions.push(extension(criticalExtension, true, new Null()))
  if (extensions.length > 0) list.crlExtensions = new pkijs.Extensions({ extensions })
  await list.sign(options.forgedBy ?? issuer.privateKey, issuer.hash)
  const schema: unknown = list.toSchema(true)
  if (!(schema instanceof Sequence)) throw new Error('a list is a sequence')
  return new Uint8Array(schema.toBER())
}

function entryExtensions(
  reason: number | undefined,
  critical: string | undefined,
): { crlEntryExtensions?: pkijs.Extensions } {
  const extensions = [
    ...(reason === undefined
      ? []
      : [extension('2.5.29.21', false, new Enumerated({ value: reason }))]),
    ...(critical === undefined ? [] : [extension(critical, true, new Null())]),
  ]
  return extensions.length === 0 ? {} : { crlEntryExtensions: new pkijs.Extensions({ extensions }) }
}

const extension = (
  extnID: string,
  critical: boolean,
  value: { toBER(): ArrayBuffer },
): pkijs.Extension => new pkijs.Extension({ extnID, critical, extnValue: value.toBER() })

const time = (text: string): pkijs.Time =>
  new pkijs.Time({ type: pkijs.TimeType.UTCTime, value: new Date(text) })

export interface TokenOptions {
  readonly imprint: Uint8Array
  readonly certificate: TestCertificate
  readonly genTime?: string
  readonly nonce?: number
  /** Certificates put into the token: the signer's by default. */
  readonly certificates?: readonly TestCertificate[]
  readonly imprintAlgorithm?: string
  readonly criticalExtension?: string
  /** What names the certificate among the signed attributes. */
  readonly signingCertificate?: 'v2' | 'v1' | 'none' | 'v2-explicit-hash' | 'v2-unknown-hash'
  /** The certificate that the attribute names, when it isn't the signer's. */
  readonly namedCertificate?: TestCertificate
  readonly contentType?: string
  readonly messageDigest?: Uint8Array
  readonly sid?: 'issuer-serial' | 'key-identifier'
  readonly keyIdentifier?: Uint8Array
  readonly signWith?: CryptoKey
  readonly version?: number
  /** Other signed attributes than those made; undefined: none at all. */
  readonly attributes?: (made: readonly pkijs.Attribute[]) => pkijs.Attribute[] | undefined
  /** What is done to it after signing. */
  readonly change?: (signed: pkijs.SignedData) => void
}

const digestNames = { 'SHA-256': 'sha256', 'SHA-384': 'sha384' } as const
const id = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  tstInfo: '1.2.840.113549.1.9.16.1.4',
  contentType: '1.2.840.113549.1.9.3',
  signingTime: '1.2.840.113549.1.9.5',
  messageDigest: '1.2.840.113549.1.9.4',
  signingCertificate: '1.2.840.113549.1.9.16.2.12',
  signingCertificateV2: '1.2.840.113549.1.9.16.2.47',
  signedData: '1.2.840.113549.1.7.2',
}

/** DER of a TimeStampToken. */
export async function makeToken(options: TokenOptions): Promise<Uint8Array> {
  const info = new pkijs.TSTInfo({
    version: options.version ?? 1,
    policy: '1.3.6.1.4.1.99999.1',
    messageImprint: new pkijs.MessageImprint({
      hashAlgorithm: algorithm(options.imprintAlgorithm ?? id.sha256),
      hashedMessage: new OctetString({ valueHex: new Uint8Array(options.imprint).buffer }),
    }),
    serialNumber: new Integer({ value: ++serial }),
    genTime: new Date(options.genTime ?? '2026-03-01T12:00:00.000Z'),
    ...(options.nonce === undefined ? {} : { nonce: new Integer({ value: options.nonce }) }),
    ...(options.criticalExtension === undefined
      ? {}
      : {
          extensions: [
            new pkijs.Extension({
              extnID: options.criticalExtension,
              critical: true,
              extnValue: new Null().toBER(),
            }),
          ],
        }),
  })
  return makeSignedData(options, new Uint8Array(info.toSchema().toBER()), id.tstInfo)
}

/** What a seal is made of: the same as a token, but for what is stamped. */
export type SealOptions = Omit<TokenOptions, 'imprint'> & {
  /** With the content inside: not detached. */
  readonly attached?: boolean
}

const data = '1.2.840.113549.1.7.1'

/** DER of a detached CMS signature over data. */
export async function makeSeal(content: Uint8Array, options: SealOptions): Promise<Uint8Array> {
  const all = { contentType: data, ...options, imprint: new Uint8Array(32) }
  return makeSignedData(all, content, data, options.attached !== true)
}

async function makeSignedData(
  options: TokenOptions,
  content: Uint8Array,
  eContentType: string,
  detached = false,
): Promise<Uint8Array> {
  const { certificate } = options
  const made = attributesOf(options, content)
  const attributes = options.attributes === undefined ? made : options.attributes(made)
  const signer = new pkijs.SignerInfo({
    version: options.sid === 'key-identifier' ? 3 : 1,
    sid: signerIdentifier(options),
    digestAlgorithm: algorithm(certificate.hash === 'SHA-256' ? id.sha256 : id.sha384),
    ...(attributes === undefined
      ? {}
      : { signedAttrs: new pkijs.SignedAndUnsignedAttributes({ type: 0, attributes }) }),
  })
  const valueHex = Uint8Array.from(content).buffer
  const signed = new pkijs.SignedData({
    version: detached ? 1 : 3,
    encapContentInfo: new pkijs.EncapsulatedContentInfo({
      eContentType,
      ...(detached ? {} : { eContent: new OctetString({ valueHex }) }),
    }),
    signerInfos: [signer],
    certificates: (options.certificates ?? [certificate]).map((each) => each.parsed),
  })
  await signed.sign(options.signWith ?? certificate.privateKey, 0, certificate.hash, valueHex)
  options.change?.(signed)
  const outer = new pkijs.ContentInfo({
    contentType: id.signedData,
    content: signed.toSchema(true),
  })
  return new Uint8Array(outer.toSchema().toBER())
}

function signerIdentifier({ sid, certificate, keyIdentifier }: TokenOptions): pkijs.SchemaType {
  if (sid === 'key-identifier') {
    const valueHex = new Uint8Array(keyIdentifier ?? []).buffer
    return new Primitive({ idBlock: { tagClass: 3, tagNumber: 0 }, valueHex })
  }
  return new pkijs.IssuerAndSerialNumber({
    issuer: certificate.parsed.issuer,
    serialNumber: certificate.parsed.serialNumber,
  })
}

function attributesOf(options: TokenOptions, content: Uint8Array): pkijs.Attribute[] {
  const attribute = (type: string, value: unknown): pkijs.Attribute =>
    new pkijs.Attribute({ type, values: [value] })
  const digest =
    options.messageDigest ?? testCrypto.hash(digestNames[options.certificate.hash], content)
  const attributes = [
    attribute(id.contentType, new ObjectIdentifier({ value: options.contentType ?? id.tstInfo })),
    attribute(
      id.signingTime,
      new UTCTime({ valueDate: new Date(options.genTime ?? '2026-03-01T12:00:00Z') }),
    ),
    attribute(id.messageDigest, new OctetString({ valueHex: new Uint8Array(digest).buffer })),
  ]
  const named = (options.namedCertificate ?? options.certificate).der
  const hash = new OctetString({
    valueHex: new Uint8Array(testCrypto.hash('sha256', named)).buffer,
  })
  const certId = (value: (OctetString | Sequence)[]): Sequence =>
    new Sequence({ value: [new Sequence({ value: [new Sequence({ value })] })] })
  const explicit = (oid: string): Sequence =>
    new Sequence({ value: [new ObjectIdentifier({ value: oid })] })
  switch (options.signingCertificate ?? 'v2') {
    case 'v2':
      attributes.push(attribute(id.signingCertificateV2, certId([hash])))
      break
    case 'v2-explicit-hash':
      attributes.push(attribute(id.signingCertificateV2, certId([explicit(id.sha256), hash])))
      break
    case 'v2-unknown-hash':
      attributes.push(attribute(id.signingCertificateV2, certId([explicit('1.2.3.4'), hash])))
      break
    case 'v1':
      attributes.push(attribute(id.signingCertificate, certId([hash])))
      break
    case 'none':
  }
  return attributes
}

function algorithm(algorithmId: string): pkijs.AlgorithmIdentifier {
  return new pkijs.AlgorithmIdentifier({ algorithmId, algorithmParams: new Null() })
}

/** A root and a time-stamping certificate under it, both in order. */
export async function makeAuthority(): Promise<{
  root: TestCertificate
  certificate: TestCertificate
}> {
  const root = await makeCertificate({ name: 'Test root', authority: true })
  const certificate = await makeCertificate({
    name: 'Test TSA',
    issuer: root,
    purposes: [timeStamping],
  })
  return { root, certificate }
}
