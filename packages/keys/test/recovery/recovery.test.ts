import fc from 'fast-check'
import t from 'tap'
import { equalBytes } from '@probant/evidence'
import { systemRandomness } from '@probant/host'
import {
  areCheckWords,
  checkWords,
  combineShares,
  encloseForRecovery,
  formatShare,
  newRecoveryKey,
  parseRecoveryPublicKey,
  parseShare,
  recoveryKeyIdOf,
  type Share,
} from '@probant/keys'
import { rejectsWith } from '../contract.ts'

const place = { boxId: 'box-1', vault: '6f1c0f6e-9a58-4b21-8f59-5b7a9f3a9a01' }
const vaultKey = Uint8Array.from({ length: 32 }, (_, at) => at)
const made = await newRecoveryKey({ threshold: 3, shares: 5 }, systemRandomness)
const other = await newRecoveryKey({ threshold: 3, shares: 5 }, systemRandomness)
const pick = (from: readonly Share[], ...numbers: number[]) =>
  numbers.flatMap((number) => from[number - 1] ?? [])

await t.test('any three of five holders recover', async (t) => {
  const copy = encloseForRecovery(made.publicKey, vaultKey, place)
  for (const group of [
    [1, 2, 3],
    [5, 3, 1],
    [2, 4, 5],
    [1, 2, 3, 4, 5],
  ]) {
    const typed = pick(made.shares, ...group).map((share) => parseShare(formatShare(share)))
    const key = await combineShares(typed, made.publicKey.id)
    t.ok(equalBytes(key.open(copy, place), vaultKey), group.join(' '))
    t.ok(equalBytes((await combineShares(typed)).publicKey.bytes, made.publicKey.bytes))
  }
  t.same(parseRecoveryPublicKey(made.publicKey.bytes), made.publicKey)
})

await t.test('shares that can’t recover are named', async (t) => {
  const { id } = made.publicKey
  const two = pick(made.shares, 1, 2)
  await rejectsWith(t, 'too-few-shares', combineShares([], id))
  await rejectsWith(t, 'too-few-shares', combineShares(two, id))
  await t.rejects(combineShares(two, id), { message: /2 of 3 shares/ })
  await rejectsWith(t, 'share-repeated', combineShares([...two, ...pick(made.shares, 2)], id))
  const mixed = [...two, ...pick(other.shares, 3)]
  await rejectsWith(t, 'share-of-another-key', combineShares(mixed, id))
  await rejectsWith(t, 'share-of-another-key', combineShares(mixed))
  await t.rejects(combineShares(mixed, id), { message: /^share 3 belongs/ })
  await rejectsWith(t, 'share-of-another-key', combineShares(pick(other.shares, 1, 2, 3), id))
  const [first] = two
  if (first === undefined) throw new Error('no share')
  const forged = { ...first, value: first.value.map((byte, at) => (at === 7 ? byte ^ 1 : byte)) }
  const rest = pick(made.shares, 2, 3)
  await rejectsWith(t, 'shares-disagree', combineShares([forged, ...rest], id))
  const withOneMore = [...pick(made.shares, 4), forged, ...rest]
  await t.rejects(combineShares(withOneMore, id), { message: /^share 1 was forged/ })
})

await t.test('a share survives handwriting, and one wrong character is noticed', (t) => {
  const [share] = made.shares
  if (share === undefined) throw new Error('no share')
  const text = formatShare(share).toString()
  t.equal(text.split('\n').length, 6)
  const sloppy = `Holder: somebody\n\n${text.toLowerCase().replaceAll(' ', '-').replaceAll('o', '0')}\n\nwords: a b`
  // the mark itself is read as it is
  const marked = sloppy.replace('pr0bant', 'probant')
  t.same(parseShare(marked), share)
  t.same(parseShare(text.split('\n').slice(1).join('')), share, 'without the mark')
  const body = text.indexOf('\n') + 1
  fc.assert(
    fc.property(
      fc.nat(text.length - body - 1),
      fc.constantFrom('A', 'E', 'J', 'Q', 'Z', '2', '7'),
      (at, to) => {
        const was = text[body + at]
        if (was === undefined || was === to || /\s/.test(was)) return
        const changed = text.slice(0, body + at) + to + text.slice(body + at + 1)
        t.throws(() => parseShare(changed), { code: 'share-altered' })
      },
    ),
  )
  for (const short of ['', 'nothing', text.slice(0, -1), `${text}A`, text.replace(/\n\w{4}/, '\n')])
    t.throws(() => parseShare(short), { code: 'share-unreadable' })
  t.throws(() => parseShare(`${text.slice(0, -1)}9`), { code: 'share-unreadable' })
  t.end()
})

await t.test('check words tell one share from another, in either language', (t) => {
  for (const language of ['fr', 'en'] as const) {
    const all = made.shares.map((share) => checkWords(share, language).join(' '))
    t.equal(new Set(all).size, 5)
    for (const [at, share] of made.shares.entries()) {
      const words = all[at] ?? ''
      t.equal(words.split(' ').length, 4)
      const typed = `  ${words.toUpperCase().normalize('NFD').replaceAll(/\p{M}/gu, '')} `
      t.ok(areCheckWords(share, language, typed), typed)
      t.notOk(areCheckWords(share, language, all[(at + 1) % 5] ?? ''))
      t.notOk(areCheckWords(share, language, ''))
    }
  }
  t.end()
})

await t.test('a copy opens for its own key, box and vault only', async (t) => {
  const key = await combineShares(pick(made.shares, 1, 2, 3))
  const copy = encloseForRecovery(made.publicKey, vaultKey, place)
  t.ok(equalBytes(recoveryKeyIdOf(copy), made.publicKey.id))
  t.notOk(equalBytes(copy, encloseForRecovery(made.publicKey, vaultKey, place)), 'each is fresh')
  t.throws(() => key.open(copy, { ...place, boxId: 'box-2' }), { code: 'altered' })
  t.throws(() => key.open(copy, { ...place, vault: 'x' }), { code: 'altered' })
  const foreign = encloseForRecovery(other.publicKey, vaultKey, place)
  t.throws(() => key.open(foreign, place), { code: 'wrong-key' })
  fc.assert(
    fc.property(fc.nat(copy.length * 8 - 1), (bit) => {
      const changed = copy.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
      const isId = bit >> 3 >= 56 && bit >> 3 < 88
      t.throws(() => key.open(changed, place), { code: isId ? 'wrong-key' : 'altered' })
    }),
  )
  for (const size of [0, 8, 57, copy.length - 1])
    t.throws(() => key.open(copy.subarray(0, size), place), { code: 'altered' })
  t.throws(() => encloseForRecovery(made.publicKey, vaultKey.subarray(1), place), {
    code: 'wrong-size',
  })
})

await t.test('a quorum that can’t be is refused, and bytes that are no public key', async (t) => {
  for (const [threshold, shares] of [
    [1, 3],
    [4, 3],
    [2, 256],
    [2.5, 3],
    [Number.NaN, 3],
  ] as const)
    await rejectsWith(t, 'wrong-size', newRecoveryKey({ threshold, shares }, systemRandomness))
  const { bytes } = made.publicKey
  for (const wrong of [
    bytes.subarray(1),
    Buffer.concat([bytes, Buffer.of(0)]),
    bytes.with(8, 2),
    bytes.with(14, 0),
  ])
    t.throws(() => parseRecoveryPublicKey(wrong), { code: 'unreadable-key' })
})

await t.test('the seed does not outlive the ceremony', async (t) => {
  let seed: Uint8Array = new Uint8Array()
  const watched = {
    ...systemRandomness,
    bytes: (n: number) => (seed = systemRandomness.bytes(n)),
  }
  await newRecoveryKey({ threshold: 2, shares: 2 }, watched)
  t.ok(equalBytes(seed, new Uint8Array(32)))
})
