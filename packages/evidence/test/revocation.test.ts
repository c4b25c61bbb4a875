import { GeneralName, RelativeDistinguishedNames } from 'pkijs'
import t from 'tap'
import {
  parseCertificate,
  parseRevocationList,
  verifyOutsideToken,
  verifyRevocation,
} from '../src/index.ts'
import {
  makeCertificate,
  makeList,
  makeToken,
  timeStamping,
  type ListOptions,
} from './authority.ts'
import { testCrypto as crypto } from './test-crypto.ts'

const at = Date.parse('2026-03-02T12:00:00Z')
const before = '2026-03-01T09:00:00Z'
const after = '2026-03-05T09:00:00Z'
const address = 'http://authority.test/root.crl'

const root = await makeCertificate({ name: 'Test root', authority: true, keyUsage: 0x06 })
const signer = await makeCertificate({
  name: 'Test TSA',
  issuer: root,
  purposes: [timeStamping],
  listsAt: [address],
})
const stranger = await makeCertificate({ name: 'Another root', authority: true, keyUsage: 0x06 })
const path = [signer, root].map(({ der }) => parseCertificate(der))

const directory = new GeneralName({ type: 4, value: new RelativeDistinguishedNames() })
async function judged(...lists: readonly Partial<ListOptions>[]) {
  const made = await Promise.all(lists.map((options) => makeList({ issuer: root, ...options })))
  return verifyRevocation(crypto, path, { lists: made }, at)
}
const named = (when: string, reason?: number): Partial<ListOptions> => ({
  revoked: [{ certificate: signer, at: when, ...(reason === undefined ? {} : { reason }) }],
})

void t.test('a certificate that a list doesn’t name is not revoked', async (t) => {
  t.match(await judged({}), { status: 'valid' })
  const other = { revoked: [{ certificate: stranger, at: before, reason: 1 }] }
  t.match(await judged(other), { status: 'valid' })
  t.match(await judged(named(before, 8)), { status: 'valid' }, 'taken off the list again')
})

void t.test('one that a list names is, unless what it signed before stays good', async (t) => {
  for (const reason of [undefined, 0, 1, 2, 6, 9]) {
    const about = `reason ${reason ?? 'none'}`
    t.match(await judged(named(before, reason)), { status: 'invalid', code: 'revoked' }, about)
    t.match(await judged(named(after, reason)), { status: 'invalid' }, `${about}, told later`)
  }
  for (const reason of [3, 4, 5]) {
    t.match(await judged(named(before, reason)), { status: 'invalid' })
    t.match(await judged(named(after, reason)), { status: 'valid' }, 'RFC 3161 section 4')
  }
  t.match(await judged({}, named(before, 1)), { status: 'invalid' }, 'one list of two is enough')
})

void t.test('a list that says nothing of it decides nothing', async (t) => {
  const nothing = {
    status: 'cannot-tell',
    missing: /revocation data for the certificate CN=Test TSA/,
  }
  t.match(await judged(), nothing, 'none')
  const unusable: [string, Partial<ListOptions>][] = [
    ['by another issuer', { issuer: stranger }],
    ['forged', { forgedBy: stranger.privateKey }],
    ['stale', { nextUpdate: '2026-03-02T00:00:00Z' }],
    ['without an end', { nextUpdate: null }],
    ['of authorities only', { scope: { onlyContainsCACerts: true } }],
    ['of another address', { scope: { at: 'http://authority.test/other.crl' } }],
    ['at a place in a directory', { scope: { distributionPoint: [directory] } }],
    [
      'at a place below its issuer',
      { scope: { distributionPoint: new RelativeDistinguishedNames() } },
    ],
    ['of attributes', { scope: { onlyContainsAttributeCerts: true } }],
    ['indirect', { scope: { indirectCRL: true } }],
    ['with an unknown extension', { criticalExtension: '1.2.3.4' }],
    [
      'with an entry of another issuer’s',
      { revoked: [{ certificate: signer, at: before, criticalExtension: '2.5.29.29' }] },
    ],
  ]
  for (const [what, options] of unusable) t.match(await judged(options), nothing, what)
  const unread = { lists: [new Uint8Array([0x30, 0x00]), new Uint8Array(3)] }
  t.match(await verifyRevocation(crypto, path, unread, at), nothing, 'unreadable')
  t.match(await verifyRevocation(crypto, [], unread, at), { status: 'cannot-tell' }, 'no path')
  t.match(await verifyRevocation(crypto, path.slice(1), unread, at), { status: 'valid' }, 'a root')
})

void t.test('a list may be for some certificates', async (t) => {
  t.match(await judged({ scope: { onlyContainsUserCerts: true } }), { status: 'valid' })
  t.match(await judged({ scope: { at: address } }), { status: 'valid' })
  const authority = await makeCertificate({ name: 'Below', issuer: root, authority: true })
  const list = await makeList({ issuer: root, scope: { onlyContainsUserCerts: true } })
  const below = [authority, root].map(({ der }) => parseCertificate(der))
  t.match(
    await verifyRevocation(crypto, below, { lists: [list] }, at),
    { status: 'cannot-tell' },
    'not for that of an authority',
  )
})

void t.test('an issuer that may not sign lists doesn’t', async (t) => {
  const quiet = await makeCertificate({ name: 'Quiet', authority: true, keyUsage: 0x04 })
  const its = await makeCertificate({ name: 'Its TSA', issuer: quiet })
  const lists = [await makeList({ issuer: quiet })]
  const both = [its, quiet].map(({ der }) => parseCertificate(der))
  t.match(await verifyRevocation(crypto, both, { lists }, at), { status: 'cannot-tell' })
  const silent = await makeCertificate({ name: 'Silent', authority: true, keyUsage: null })
  const one = await makeCertificate({ name: 'One', issuer: silent })
  const pair = [one, silent].map(({ der }) => parseCertificate(der))
  const signed = { lists: [await makeList({ issuer: silent })] }
  t.match(await verifyRevocation(crypto, pair, signed, at), { status: 'valid' }, 'no usage stated')
})

void t.test('lists that are none', async (t) => {
  const list = await makeList({ issuer: root, ...named(before, 1) })
  t.equal(parseRevocationList(list).revoked.size, 1)
  const malformed = { name: 'EvidenceError', code: 'malformed-revocation' }
  t.throws(() => parseRevocationList(new Uint8Array(2 * 1024 * 1024 + 1)), malformed)
  t.throws(() => parseRevocationList(list.slice(0, -9)), malformed)
  const inDirectory = await makeList({ issuer: root, scope: { distributionPoint: [directory] } })
  const noAddress = { code: 'unsupported-algorithm', message: /without an address/ }
  t.throws(() => parseRevocationList(inDirectory), noAddress)
  const nowhere = await makeList({ issuer: root, scope: { at: '' } })
  t.same([...(parseRevocationList(nowhere).scope?.uris ?? [])], [''])
})

void t.test('a token outside of an authority that was revoked', async (t) => {
  const imprint = crypto.hash('sha256', new Uint8Array(1))
  const token = await makeToken({ imprint, certificate: signer, genTime: '2026-03-02T12:00:00Z' })
  const expected = {
    imprint,
    imprintAlgorithm: 'sha256',
    roots: [root.der],
    certificates: [],
  } as const
  const judge = async (...lists: readonly Partial<ListOptions>[]) => {
    const made = await Promise.all(lists.map((options) => makeList({ issuer: root, ...options })))
    return verifyOutsideToken(crypto, token, { ...expected, lists: made })
  }
  t.match(await judge(named(before, 1)), {
    verdict: { code: 'revoked' },
    isRevocationChecked: false,
  })
  t.match(await judge({}), { verdict: { status: 'valid' }, isRevocationChecked: true })
  t.match(await judge(), { verdict: { status: 'valid' }, isRevocationChecked: false }, 'not told')
})

void t.test('addresses of lists in a certificate', async (t) => {
  const addressed = async (listsAt: readonly string[] | null) =>
    parseCertificate((await makeCertificate({ name: 'x', listsAt })).der).revocationLists
  t.same(await addressed([address, 'ldap://x']), [address, 'ldap://x'])
  t.same(await addressed([]), [])
  t.same(await addressed(null), [], 'what can’t be read is as if it weren’t there')
})
