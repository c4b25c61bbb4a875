import { makeCertificate, makeToken, timeStamping, type TestCertificate } from '../authority.ts'

const oids = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha512: '2.16.840.1.101.3.4.2.3',
  'sha3-512': '2.16.840.1.101.3.4.2.10',
} as const

/** An authority outside whose certificate ends some day. */
export class Authority {
  readonly root: TestCertificate
  readonly certificate: TestCertificate

  constructor(root: TestCertificate, certificate: TestCertificate) {
    this.root = root
    this.certificate = certificate
  }

  /** @param isStrong with SHA-384 throughout, nothing of SHA-256 */
  static async until(year: number, isStrong = false): Promise<Authority> {
    const name = `TSA until ${year}`
    const root = await makeCertificate({
      name: `Root of ${name}`,
      authority: true,
      keyUsage: 0x06,
      isStrong,
      notAfter: '2049-12-31T00:00:00Z',
    })
    const certificate = await makeCertificate({
      name,
      issuer: root,
      isStrong,
      purposes: [timeStamping],
      notAfter: `${year}-01-01T00:00:00Z`,
    })
    return new Authority(root, certificate)
  }

  /** A token of the first of March of a year. */
  token(
    year: number,
    imprint: Uint8Array,
    algorithm: keyof typeof oids = 'sha512',
  ): Promise<Uint8Array> {
    return makeToken({
      imprint,
      imprintAlgorithm: oids[algorithm],
      certificate: this.certificate,
      genTime: `${year}-03-01T12:00:00.000Z`,
    })
  }
}
