import t from 'tap'
import {
  algorithmOf,
  firstRecord,
  formatEvidenceRecord,
  fromHex,
  lastAlgorithm,
  parseEvidenceRecord,
  recordLinks,
  retirementOf,
  toHex,
  utf8,
} from '../../src/index.ts'
import { makeToken } from '../authority.ts'
import { testCrypto as crypto } from '../test-crypto.ts'
import { Authority } from './authorities.ts'

// The codec against bytes that are put together here by hand.

function der(tag: number, ...parts: readonly string[]): string {
  const content = parts.join('')
  const length = content.length / 2
  const digits = length.toString(16)
  const even = digits.length % 2 === 0 ? digits : `0${digits}`
  const long = `${(0x80 | (even.length / 2)).toString(16)}${even}`
  const hex = tag.toString(16).padStart(2, '0')
  return `${hex}${length < 0x80 ? length.toString(16).padStart(2, '0') : long}${content}`
}

const sequence = (...parts: readonly string[]): string => der(0x30, ...parts)
const sha512 = '0609608648016503040203'
const version = '020101'
const attribute = sequence('06022a03', der(0x31, '0500'))
const object = utf8('an object')
const authority = await Authority.until(2040)
const token = await authority.token(2026, crypto.hash('sha512', object))
const timeStamp = toHex(token)

interface Parts {
  readonly version?: string
  readonly algorithms?: string
  readonly infos?: string
  readonly encryption?: string
  readonly stamp?: string
  readonly sequence?: string
  readonly more?: string
}

function record(parts: Parts = {}): Uint8Array {
  const stamp = parts.stamp ?? sequence(timeStamp)
  return fromHex(
    sequence(
      parts.version ?? version,
      parts.algorithms ?? sequence(sequence(sha512)),
      parts.infos ?? '',
      parts.encryption ?? '',
      parts.sequence ?? sequence(sequence(stamp)),
      parts.more ?? '',
    ),
  )
}

const stampWith = (...members: readonly string[]): Parts => ({
  stamp: sequence(...members, timeStamp),
})

void t.test('what may be in a record is read and written the same', (t) => {
  const hash = der(4, '00'.repeat(64))
  const good: Parts[] = [
    {},
    { infos: der(0xa0, attribute, attribute) },
    { algorithms: sequence(sequence(sha512, '0500'), sequence('06022a03')) },
    stampWith(der(0xa0, sha512)),
    stampWith(der(0xa0, sha512, '0500'), der(0xa1, attribute)),
    stampWith(der(0xa2, sequence(hash, hash), sequence(hash))),
  ]
  for (const parts of good) {
    const bytes = record(parts)
    t.equal(toHex(formatEvidenceRecord(parseEvidenceRecord(bytes))), toHex(bytes))
  }
  const [made] = parseEvidenceRecord(record(stampWith(der(0xa0, sha512)))).chains.flat()
  t.equal(made && algorithmOf(made), '2.16.840.1.101.3.4.2.3')
  const [unnamed] = parseEvidenceRecord(record()).chains.flat()
  t.equal(unnamed && algorithmOf(unnamed), '2.16.840.1.101.3.4.2.3', 'that of its token')
  t.end()
})

void t.test('what may not is refused', (t) => {
  const bad: Record<string, Parts> = {
    'no version': { version: '' },
    'version 0': { version: '020100' },
    'a long version': { version: '02020001' },
    'no algorithms': { algorithms: sequence() },
    'an algorithm with parameters': { algorithms: sequence(sequence(sha512, '020101')) },
    'with NULL that is none': { algorithms: sequence(sequence(sha512, '050100')) },
    'with two': { algorithms: sequence(sequence(sha512, '0500', '0500')) },
    'an algorithm without OID': { algorithms: sequence(sequence('0500')) },
    'an algorithm with an OID of nothing': { algorithms: sequence(sequence('0600')) },
    'empty cryptoInfos': { infos: der(0xa0) },
    'an attribute without values': { infos: der(0xa0, sequence('06022a03')) },
    'an attribute that is none': { infos: der(0xa0, '0500') },
    'an attribute with more': { infos: der(0xa0, sequence('06022a03', der(0x31), '0500')) },
    'no chain': { sequence: sequence() },
    'a chain that is none': { sequence: sequence('0500') },
    'no time-stamp in a chain': { sequence: sequence(sequence()) },
    'a time-stamp that is none': { stamp: '0500' },
    'no token': { stamp: sequence() },
    'two tokens': { stamp: sequence(timeStamp, timeStamp) },
    'members in another order': stampWith(der(0xa1, attribute), der(0xa0, sha512)),
    'an empty tree': stampWith(der(0xa2)),
    'an empty list': stampWith(der(0xa2, sequence())),
    'a list that is none': stampWith(der(0xa2, '0500')),
    'a hash that is none': stampWith(der(0xa2, sequence('0500'))),
    'something after': { more: '0500' },
    'a length longer than it has to be': { version: '02810101' },
    'a length with a zero before': { algorithms: `308200${sequence(sequence(sha512)).slice(2)}` },
    'an indefinite length': { algorithms: '30800000' },
    'a length beyond the end': { more: '3009' },
    'a tag of several bytes': { more: '1f8101' },
    'a length of five bytes': { more: '30850000000001' },
  }
  for (const [what, parts] of Object.entries(bad)) {
    t.throws(() => parseEvidenceRecord(record(parts)), { code: 'malformed-record' }, what)
  }
  t.throws(() => parseEvidenceRecord(fromHex('')), { code: 'malformed-record' })
  t.throws(() => parseEvidenceRecord(fromHex('30003000')), { code: 'malformed-record' })
  t.throws(() => parseEvidenceRecord(record({ version: '020102' })), { code: 'unknown-format' })
  t.throws(() => parseEvidenceRecord(record({ encryption: der(0xa1, '06022a03') })), {
    code: 'unsupported-algorithm',
  })
  t.end()
})

void t.test('a record of one object has no tree', async (t) => {
  const made = firstRecord(crypto, [object], token)
  t.same(made.chains.flat()[0]?.reducedHashtree, [])
  t.equal(lastAlgorithm(made), 'sha512')
  const [link] = recordLinks(crypto, made, (name) => [crypto.hash(name, object)])
  t.match(link, { kind: 'first', verdict: { status: 'valid' } })
  const unknown = await makeToken({
    imprint: new Uint8Array(28),
    imprintAlgorithm: '2.16.840.1.101.3.4.2.4',
    certificate: authority.certificate,
  })
  t.throws(() => firstRecord(crypto, [object], unknown), { code: 'unsupported-algorithm' })
})

void t.test('what is retired takes with it what it is a part of', (t) => {
  const retired = new Map([
    ['sha256', 2],
    ['ecdsa-p256', 1],
  ])
  t.equal(retirementOf(retired, 'ecdsa-p256-sha256'), 1, 'from the first date on')
  t.equal(retirementOf(retired, 'rsa-pkcs1-sha256'), 2)
  for (const other of ['sha3-256', 'ecdsa-p384-sha384', 'sha512'])
    t.equal(retirementOf(retired, other), undefined)
  t.end()
})
