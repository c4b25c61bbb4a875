import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  equalBytes,
  formatEvidenceRecord,
  fromBase64,
  hashTreeRenewalHashes,
  parseEvidenceRecord,
  parseToken,
  recordLinks,
  timeStampRenewalHash,
  toHex,
  utf8,
  verifyEvidenceRecord,
  type HashName,
} from '../../src/index.ts'
import { crypto } from '../token-judge.ts'

// Evidence records of other makers, good and bad, from esig/dss. Their authorities are not ours to judge: what is held against them is
// that every file is read and written the same, and that hashes, renewals and imprints fit or don't.

const vectors = join(import.meta.dirname, '../../../../../shared/vectors')
const read = (name: string): Uint8Array => new Uint8Array(readFileSync(join(vectors, name)))
const skip = !existsSync(vectors) && 'no ../shared/vectors here: skipped'

type Hashes = (algorithm: HashName) => readonly Uint8Array[]
const hashed =
  (...objects: readonly Uint8Array[]): Hashes =>
  (algorithm) =>
    objects.map((each) => crypto.hash(algorithm, each))
const files = (...names: readonly string[]): Hashes =>
  hashed(...names.map((name) => read(`rfc4998/${name}`)))
const given =
  (digests: Partial<Record<HashName, readonly string[]>>): Hashes =>
  (algorithm) =>
    (digests[algorithm] ?? []).map(fromBase64)

/** What each file protects: a `.bin` beside it, or what the corpus's own tests say; for others their own hashes stand. */
const protectedBy: Partial<Record<string, () => Hashes>> = {
  '1_0_Initial.er': () => hashed(utf8('123456')),
  '1_1_Renew_Unsorted.er': () => hashed(utf8('123456')),
  '1_2_Renew_Unsorted.er': () => hashed(utf8('123456')),
  '1_3_Renew_Unsorted.er': () => hashed(utf8('123456')),
  'BIN-1_ER.ers': () => files('BIN-1.bin'),
  'BIN-2_ER.ers': () => files('BIN-2.bin'),
  'BIN-3_ER.ers': () => files('BIN-3.bin'),
  'BIN-4_ER.ers': () => files('BIN-4.bin'),
  'ER-2Chains3ATS.ers': () => files('ER-2Chains3ATS1.bin', 'ER-2Chains3ATS2.bin'),
  'LKSG_4.ers': () =>
    given({
      sha256: ['SMP/0kaannOThgfDF1Dly2qUG2Zbj5YMyNLSRZHWkO0='],
      sha384: ['EfWPNqRRVrdEffJtLzF/l13oPz9qGQ5IR/sbRZxglqIzS95wy128Yi/KBEGKaIIX'],
    }),
  'er-asn1-chain-renewal-duplicated-data-invalid.ers': () => hashed(utf8('\t')),
  'er-asn1-chain-renewal-invalid.ers': () => hashed(utf8('\t')),
  'er-asn1-full-renewal-duplicated-data.ers': () => hashed(utf8('\t')),
  'er-asn1-full-renewal-five-ats-chain.ers': () => hashed(utf8('\u0003')),
  'er-asn1-full-renewal-three-ats-chain.ers': () => hashed(utf8('\u0003')),
  'er-asn1-full-renewal-tst-renewal-chain-renewal.ers': () => hashed(utf8('\u0003')),
  'er-asn1-full-renewal-tst-renewal.ers': () => hashed(utf8('\u0003')),
  'er-asn1-full-renewal-two-ats-chain.ers': () => hashed(utf8('\u0003')),
  'er-asn1-full-renewal.ers': () => hashed(utf8('\u0003')),
  'er-asn1-on-tst.ers': () => hashed(read('rfc3161/d-trust.tsr')),
  'er-asn1-one-level-hashtree.ers': () => hashed(utf8('\u0002')),
  'er-asn1-simple-invalid.ers': () =>
    given({ sha256: ['nOPX01D5QYQHQ58MoR3MEquffNsV+ezF7Kk1SCYCuHI='] }),
  'er-asn1-simple.ers': () => hashed(utf8('1')),
  'er-asn1-tst-renewal-invalid.ers': () => files('ER-2Chains3ATS1.bin', 'ER-2Chains3ATS2.bin'),
  'er-asn1-tst-renewal.ers': () => files('ER-2Chains3ATS1.bin', 'ER-2Chains3ATS2.bin'),
}

/** What the links of a file come to, with the imprints of its tokens. */
function judged(name: string): string {
  const record = parseEvidenceRecord(read(`rfc4998/${name}`))
  const own: Hashes = () => record.chains[0]?.[0]?.reducedHashtree[0] ?? []
  return recordLinks(crypto, record, protectedBy[name]?.() ?? own)
    .map(({ kind, verdict, imprint, timeStamp }) => {
      const status = verdict.status === 'invalid' ? verdict.code : verdict.status
      const isOver =
        imprint !== undefined && equalBytes(parseToken(timeStamp.timeStamp).imprint.hash, imprint)
      return `${kind} ${status === 'valid' && !isOver ? 'wrong-imprint' : status}`
    })
    .join(', ')
}

/** Files whose links don't all hold, and why. */
const expected: Record<string, string> = {
  // By SHA-224, which is not trusted here: what renewed it is judged all the same.
  '1_0_Initial.er': 'first cannot-tell',
  '1_1_Renew_Unsorted.er': 'first cannot-tell, hash-tree-renewal valid',
  '1_2_Renew_Unsorted.er': 'first cannot-tell, hash-tree-renewal valid, hash-tree-renewal valid',
  '1_3_Renew_Unsorted.er':
    'first cannot-tell, hash-tree-renewal valid, hash-tree-renewal valid, hash-tree-renewal valid',
  'er-asn1-chain-renewal-duplicated-data-invalid.ers': 'first valid, hash-tree-renewal bad-renewal',
  'er-asn1-chain-renewal-invalid.ers': 'first valid, hash-tree-renewal wrong-imprint',
  'er-asn1-simple-invalid.ers': 'first wrong-imprint',
  'er-asn1-tst-renewal-invalid.ers': 'first valid, time-stamp-renewal bad-renewal',
}

void t.test('every file', { skip }, (t) => {
  const names = readdirSync(join(vectors, 'rfc4998')).filter((name) => /\.ers?$/.test(name))
  t.equal(names.length, 28)
  for (const name of names) {
    const bytes = read(`rfc4998/${name}`)
    if (name.includes('malformed')) {
      t.throws(() => parseEvidenceRecord(bytes), { code: 'malformed-record' }, name)
      continue
    }
    t.equal(toHex(formatEvidenceRecord(parseEvidenceRecord(bytes))), toHex(bytes), name)
    const found = judged(name)
    if (name in expected) t.equal(found, expected[name], name)
    else t.match(found, /^(?:first|time-stamp-renewal|hash-tree-renewal) valid/, name)
    if (!(name in expected)) t.notMatch(found, /invalid|bad|wrong|cannot|not-in/, name)
  }
  t.end()
})

void t.test(
  'none is valid without its authority, and none with other data',
  { skip },
  async (t) => {
    const roots: Uint8Array[] = []
    for (const name of ['BIN-4_ER.ers', 'er-asn1-full-renewal-five-ats-chain.ers']) {
      const record = read(`rfc4998/${name}`)
      const objects = name.startsWith('BIN') ? [read('rfc4998/BIN-4.bin')] : [utf8('\u0003')]
      const { verdict, timeStamps } = await verifyEvidenceRecord(crypto, record, { objects, roots })
      t.equal(verdict.status, 'cannot-tell', name)
      t.ok(timeStamps.every(({ status }) => status === 'cannot-tell'))
      const others = { objects: [utf8('something else')], roots }
      t.match((await verifyEvidenceRecord(crypto, record, others)).verdict, {
        code: 'not-in-record',
      })
    }
  },
)

void t.test('what a renewal has to stamp', { skip }, (t) => {
  // As the validator they come from computes it.
  const record = parseEvidenceRecord(read('rfc4998/er-asn1-simple.ers'))
  t.equal(
    toHex(timeStampRenewalHash(crypto, record)),
    '7c8cb955697fab1c876d260ac2760150bc8727c0f28f221a6bb5624b575a49a65f9e32d20a42a80a1c33c46e85bfc1460b34c538eb91930572c73c2e272983c7',
  )
  t.same(hashTreeRenewalHashes(crypto, record, [utf8('1')], 'sha256').map(toHex), [
    'ec365cd838e074ced4122687870a848cde0b01bc150ac91b411ee93c6d31cbda',
  ])
  t.end()
})
