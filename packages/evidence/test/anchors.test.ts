import t from 'tap'
import { formatPem, formatVkey, parseAnchors, parsePem, toHex, utf8 } from '../src/index.ts'
import { makeAuthority } from './authority.ts'
import { testCrypto as crypto, testSigner } from './test-crypto.ts'
import { TestWorld } from './world.ts'

const world = await TestWorld.create()
const { root } = await makeAuthority()
const malformed = { name: 'EvidenceError', code: 'malformed-anchors' }

function vkey(type: 1 | 2 | 4 | 6): string {
  const { key } = testSigner('name', type)
  return formatVkey(key.name, type, key.publicKey, crypto)
}

void t.test('a folder of anchors', (t) => {
  const files = world.anchorFiles()
  files.set('other.txt', utf8('not one of ours'))
  files.set(
    'release.sha256',
    utf8(`${'ab'.repeat(32)}  dist/verify.sh\n${'cd'.repeat(32)} *verify.sh\n`),
  )
  const anchors = parseAnchors(files, crypto)
  t.equal(anchors.journalKeys?.[0]?.name, world.journal.origin)
  t.same(anchors.latKeys?.map(toHex), [toHex(world.latSpki)])
  t.same(
    anchors.witnessKeys?.map((key) => key.type),
    [4, 6],
  )
  t.equal(anchors.auditKeys?.[0]?.type, 1)
  t.same(anchors.tsaRoots?.map(toHex), [toHex(world.root.der)])
  t.same(anchors.boxes, ['box-7f3a'])
  t.same(anchors.releaseDigests?.get('verify.sh'), ['ab'.repeat(32), 'cd'.repeat(32)])
  t.end()
})

void t.test('what is not given is undefined', (t) => {
  for (const value of Object.values(parseAnchors(new Map()))) t.equal(value, undefined)
  t.end()
})

void t.test('comments and empty lines', (t) => {
  const files = new Map([['box.txt', utf8('# boxes\n\n box-1 \r\nbox-2\n')]])
  t.same(parseAnchors(files).boxes, ['box-1', 'box-2'])
  t.end()
})

void t.test('a file that can not be read is named', (t) => {
  const key = vkey(2)
  const cases: [string, string | Uint8Array][] = [
    ['journal.vkeys', 'x'],
    ['journal.vkeys', vkey(4)],
    ['journal.vkeys', key.replace(/\+[0-9a-f]{8}\+/, '+00000000+')],
    ['witness.vkeys', key],
    ['audit.vkeys', vkey(6)],
    ['lat.pem', 'x'],
    ['lat.pem', formatPem(root.der, 'CERTIFICATE')],
    ['lat.pem', '-----BEGIN PUBLIC KEY-----\nAAA\n-----END PUBLIC KEY-----\n'],
    ['lat.pem', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END CERTIFICATE-----\n'],
    ['tsa.pem', formatPem(world.latSpki, 'PUBLIC KEY')],
    ['tsa.pem', formatPem(utf8('x'), 'CERTIFICATE')],
    ['release.sha256', 'abc verify.sh'],
    ['box.txt', new Uint8Array([255])],
  ]
  for (const [name, content] of cases) {
    const bytes = typeof content === 'string' ? utf8(content) : content
    const files = new Map([[name, bytes]])
    t.throws(() => parseAnchors(files, crypto), { ...malformed, where: name }, name)
  }
  const failing = {
    ...crypto,
    hash: () => {
      throw new Error('no engine')
    },
  }
  const files = new Map([['journal.vkeys', utf8(key)]])
  t.throws(() => parseAnchors(files, failing), { message: 'no engine' }, 'ours are not hidden')
  t.end()
})

void t.test('PEM', (t) => {
  const both = `before\n${formatPem(utf8('one'), 'PUBLIC KEY')}between\r\n${formatPem(utf8('x'.repeat(100)), 'PUBLIC KEY')}`
  t.same(parsePem(both, 'PUBLIC KEY'), [utf8('one'), utf8('x'.repeat(100))])
  t.same(parsePem(both.replaceAll('\n', '\r\n'), 'PUBLIC KEY').length, 2)
  t.throws(() => parsePem('', 'PUBLIC KEY'), malformed)
  t.match(formatPem(new Uint8Array(0), 'CERTIFICATE'), /^-----BEGIN/)
  t.end()
})

void t.test('retired.txt', (t) => {
  const read = (text: string) => parseAnchors(new Map([['retired.txt', utf8(text)]])).retired
  const found = read('# by our policy\nsha256 2033-01-01\n\nrsa-pkcs1  2031-12-31\n')
  t.same(
    [...(found ?? [])],
    [
      ['sha256', Date.parse('2033-01-01')],
      ['rsa-pkcs1', Date.parse('2031-12-31')],
    ],
  )
  for (const bad of [
    'sha256',
    'sha256 2033',
    'sha256 2033-02-30',
    'sha257 2033-01-01',
    'sha256 2033-01-01\nsha256 2034-01-01',
    '2033-01-01 sha256',
  ])
    t.throws(() => read(bad), { code: 'malformed-anchors', where: 'retired.txt' }, bad)
  t.end()
})
