import t from 'tap'
import { checkBlocks, formatBlocks, parseBlocks } from '../src/index.ts'
import type { Block, BlockPlace, JsonObject } from '../src/index.ts'

const malformed = { name: 'EvidenceError', code: 'malformed-blocks' }

const known: { type: string; place: BlockPlace; content: JsonObject }[] = [
  {
    type: 'hardware-clock',
    place: 'trace',
    content: { clock: 5, time: '18446744073709551615', resetCount: 0, restartCount: 1, safe: true },
  },
  { type: 'hardware-counter', place: 'trace', content: { index: '01800001', value: '42' } },
  { type: 'cms-signature', place: 'lat', content: { cms: 'MAA=' } },
  { type: 'seal-signature', place: 'manifest', content: { entry: 'blocks/a' } },
  { type: 'seal-certificates', place: 'manifest', content: { entry: 'blocks/b' } },
  { type: 'cosignatures', place: 'manifest', content: { entry: 'more.txt' } },
  { type: 'renewal', place: 'manifest', content: { entry: 'renewal.ers' } },
]

function block(type: string, content: JsonObject = {}, critical = false, version = 1): Block {
  return { type, version, critical, content }
}

void t.test('lists', (t) => {
  t.same(parseBlocks(undefined, 'trace'), [])
  const list = [block('a-1'), block('b', { x: 1 }, true, 7), block('b', { x: 2 })]
  t.same(parseBlocks(list, 'lat'), list, 'sorted by type, then as they come')
  t.same(formatBlocks([list[1], list[0], list[2]].filter((b) => b !== undefined)), list)
  for (const bad of [null, {}, [], 'a', [block('b'), block('a')], [[]], [null]]) {
    t.throws(() => parseBlocks(bad, 'trace'), malformed, JSON.stringify(bad))
  }
  t.end()
})

void t.test('members of a block', (t) => {
  const good = block('x', {})
  t.same(parseBlocks([good], 'trace'), [good])
  for (const bad of [
    { ...good, more: 1 },
    { type: 'x', version: 1, critical: false },
    { ...good, type: '' },
    { ...good, type: 'X' },
    { ...good, type: 'x'.repeat(65) },
    { ...good, type: 1 },
    { ...good, version: 0 },
    { ...good, version: '1' },
    { ...good, critical: 0 },
    { ...good, content: null },
    { ...good, content: [] },
  ]) {
    t.throws(() => parseBlocks([good, bad], 'trace'), { ...malformed, where: 'blocks[1]' })
  }
  t.ok(parseBlocks([block('x'.repeat(64))], 'trace'))
  t.end()
})

void t.test('content of the known types', (t) => {
  for (const { type, place, content } of known) {
    t.same(parseBlocks([block(type, content)], place), [block(type, content)], type)
    t.throws(() => parseBlocks([block(type, { ...content, more: 1 })], place), malformed)
    for (const name of Object.keys(content)) {
      const rest = Object.fromEntries(Object.entries(content).filter(([key]) => key !== name))
      t.throws(() => parseBlocks([block(type, rest)], place), malformed, `${type} without ${name}`)
      t.throws(() => parseBlocks([block(type, { ...rest, other: 1 })], place), malformed)
      if (place !== 'manifest') {
        t.throws(() => parseBlocks([block(type, { ...content, [name]: ' ' })], place), malformed)
      }
      t.throws(() => parseBlocks([block(type, { ...content, [name]: '' })], place), malformed)
      t.throws(() => parseBlocks([block(type, { ...content, [name]: -1 })], place), malformed)
    }
    for (const elsewhere of (['trace', 'lat', 'manifest'] as const).filter((p) => p !== place)) {
      t.throws(() => parseBlocks([block(type, content)], elsewhere), malformed, 'wrong place')
    }
    const later = [block(type, { anything: [] }, false, 2)]
    t.same(parseBlocks(later, place), later, 'a later version has members of its own')
  }
  t.throws(() => parseBlocks([block('cms-signature', { cms: 'MAA' })], 'lat'), malformed)
  t.end()
})

void t.test('what blocks do to the answer', (t) => {
  t.same(checkBlocks([]), { verdict: { status: 'valid' }, ignored: [], notChecked: [] })
  const blocks = [...known.map(({ type, content }) => block(type, content)), block('zebra')]
  t.same(checkBlocks(blocks), {
    verdict: { status: 'valid' },
    ignored: ['zebra version 1'],
    notChecked: ['cosignatures version 1'],
  })
  const isChecked = (type: string) => type !== 'cosignatures'
  for (const { type, content } of known.filter((each) => isChecked(each.type))) {
    t.equal(checkBlocks([block(type, content, true)]).verdict.status, 'valid', `${type} is checked`)
  }
  for (const critical of [
    ...known
      .filter((each) => !isChecked(each.type))
      .map(({ type, content }) => block(type, content, true)),
    block('zebra', {}, true),
    block('hardware-clock', {}, true, 2),
  ]) {
    t.match(checkBlocks([block('aaa'), critical]), {
      verdict: { status: 'cannot-tell', missing: new RegExp(critical.type) },
      ignored: ['aaa version 1'],
      notChecked: [],
    })
  }
  t.end()
})
