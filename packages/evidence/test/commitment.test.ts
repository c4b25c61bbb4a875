import fc from 'fast-check'
import t from 'tap'
import {
  commit,
  concat,
  fromHex,
  lengthPrefixed,
  openingMatches,
  openingOf,
  parseCommitment,
  parseOpening,
  toHex,
  utf8,
} from '../src/index.ts'
import type { EvidenceCrypto } from '../src/index.ts'
import { checkProperty } from './property.ts'
import { testCrypto as h } from './test-crypto.ts'

const malformed = { name: 'EvidenceError', code: 'malformed-commitment' }
const salt = new Uint8Array(32).fill(0xa5)
const digest = 'ab'.repeat(32)

void t.test('commitment and opening', async (t) => {
  const commitment = commit(h, 'actor', salt, utf8('user-1'))
  const opening = openingOf('actor', salt, utf8('user-1'))
  t.same(opening, { field: 'actor', salt: toHex(salt), value: 'dXNlci0x' })
  t.ok(openingMatches(h, commitment, opening))
  t.notOk(openingMatches(h, commitment, { ...opening, field: 'depositor' }))
  t.notOk(openingMatches(h, commitment, { ...opening, value: 'dXNlci0y' }))
  t.notOk(openingMatches(h, commitment, { ...opening, salt: digest }))
  t.notOk(openingMatches(h, { ...commitment, sha256: digest }, opening), 'both digests count')
  t.notOk(openingMatches(h, { ...commitment, 'sha3-256': digest }, opening), 'both digests count')
  for (const bad of [
    { ...opening, salt: 'zz' },
    { ...opening, salt: 'abcd' },
    { ...opening, value: 'dXNlci0x=' },
    { ...opening, field: '\ud800' },
  ]) {
    t.notOk(openingMatches(h, commitment, bad), 'malformed')
  }
  t.throws(() => commit(h, 'actor', salt.subarray(1), utf8('x')), malformed)

  const broken: EvidenceCrypto = {
    ...h,
    hash: () => {
      throw new Error('no hash')
    },
  }
  t.throws(() => openingMatches(broken, commitment, opening), { message: 'no hash' })

  await checkProperty(
    t,
    fc.property(
      fc.string(),
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array(),
      (field, someSalt, value) => {
        const message = concat(
          lengthPrefixed(utf8('probant/commitment/v1')),
          lengthPrefixed(utf8(field)),
          lengthPrefixed(someSalt),
          lengthPrefixed(value),
        )
        const made = commit(h, field, someSalt, value)
        return (
          made.sha256 === toHex(h.hash('sha256', message)) &&
          made['sha3-256'] === toHex(h.hash('sha3-256', message)) &&
          openingMatches(h, made, parseOpening(openingOf(field, someSalt, value)))
        )
      },
    ),
  )
})

void t.test('reading', (t) => {
  const commitment = { sha256: digest, 'sha3-256': digest }
  t.same(parseCommitment(commitment), commitment)
  for (const bad of [
    undefined,
    null,
    'a',
    [digest, digest],
    {},
    { sha256: digest },
    { ...commitment, sha512: digest },
    { sha256: digest, sha512: digest },
    { ...commitment, sha256: digest.toUpperCase() },
    { ...commitment, 'sha3-256': `${digest}00` },
    { ...commitment, 'sha3-256': null },
  ]) {
    t.throws(() => parseCommitment(bad, 'actor'), { ...malformed, where: 'actor' })
    t.throws(() => parseCommitment(bad), { ...malformed, where: 'commitment' })
  }
  const opening = openingOf('object', fromHex(digest), utf8('{}'))
  t.same(parseOpening(opening), opening)
  for (const bad of [
    undefined,
    null,
    {},
    { ...opening, more: 1 },
    { field: 'object', salt: digest, values: '' },
    { ...opening, field: 1 },
    { ...opening, salt: 'abcd' },
    { ...opening, salt: 5 },
    { ...opening, value: 5 },
  ]) {
    t.throws(() => parseOpening(bad, 'object'), { ...malformed, where: 'object' })
    t.throws(() => parseOpening(bad), { ...malformed, where: 'opening' })
  }
  t.throws(() => parseOpening({ ...opening, value: 'a' }), { code: 'malformed-encoding' })
  t.end()
})
