import t from 'tap'
import { failureOf } from '../../src/browser/failure.ts'
import { PagedList } from '../../src/browser/paged-list.ts'
import {
  flag,
  list,
  number,
  oneOf,
  optional,
  pageOf,
  record,
  text,
} from '../../src/browser/shape.ts'

await t.test('answers are read by their shape', (t) => {
  const shape = record({
    id: text,
    size: number,
    isKept: flag,
    state: oneOf('accepted', 'witnessed'),
    titles: list(text),
    note: optional(text),
  })
  const sent = { id: 'a', size: 1, isKept: true, state: 'accepted', titles: ['x'], note: null }
  t.same(shape({ ...sent, later: 1 }, ''), { ...sent, note: undefined })
  t.throws(() => shape({ ...sent, titles: ['x', 3] }, ''), { message: '/titles/1: text expected' })
  t.throws(() => shape({ ...sent, size: '1' }, ''), { message: '/size: number expected' })
  t.throws(() => shape({ ...sent, state: 'dated' }, ''), /\/state: accepted or witnessed/)
  t.throws(() => shape(null, ''), { message: 'answer: object expected' })
  t.same(pageOf(text)({ items: ['a'] }, ''), { items: ['a'], nextCursor: undefined })
  t.end()
})

await t.test('an unsuccessful answer is a failure whatever its body', (t) => {
  const body = JSON.stringify({ type: 'urn:probant:problem:csrf', title: 'x', errors: [] })
  t.match(failureOf(403, body), { kind: 'problem', isStaleToken: true, isPassing: false })
  t.match(failureOf(401, '{}'), { kind: 'session-lost' })
  t.match(failureOf(502, '<html>'), { kind: 'problem', status: 502, isPassing: true })
  t.end()
})

await t.test('a list read page by page', async (t) => {
  let stored = Array.from({ length: 25 }, (_, at) => ({ id: String(25 - at), state: 'accepted' }))
  let calls = 0
  const pages = new PagedList<{ id: string; state: string }>((cursor) => {
    calls += 1
    const from = Number(cursor ?? 0)
    const nextCursor = from + 10 < stored.length ? String(from + 10) : undefined
    return Promise.resolve({ items: stored.slice(from, from + 10), nextCursor })
  })
  const shown = () => pages.items.value?.map(({ id }) => id)

  t.equal(shown(), undefined)
  await pages.refresh()
  t.equal(shown()?.length, 10)
  await pages.more()
  await pages.more()
  t.equal(shown()?.length, 25)
  t.equal(pages.hasMore.value, false)

  stored = [{ id: '26', state: 'accepted' }, ...stored.map((i) => ({ ...i, state: 'witnessed' }))]
  calls = 0
  await pages.refresh()
  t.equal(calls, 3, 'every page shown is read again')
  t.equal(shown()?.[0], '26')
  t.equal(new Set(shown()).size, 26, 'nothing shown twice, nothing lost')
  t.ok(pages.items.value?.slice(1).every(({ state }) => state === 'witnessed'))
})

await t.test('a list that can’t be read says so and keeps what it had', async (t) => {
  let isDown = false
  const pages = new PagedList<{ id: string }>(() =>
    isDown
      ? Promise.reject(new Error('down'))
      : Promise.resolve({ items: [{ id: 'a' }], nextCursor: undefined }),
  )
  await pages.refresh()
  isDown = true
  await pages.refresh()
  t.match(pages.failure.value, { message: 'down' })
  t.equal(pages.items.value?.length, 1)
  isDown = false
  await pages.refresh()
  t.equal(pages.failure.value, undefined)
})

await t.test('a change told while the list is being read is shown after it', async (t) => {
  let stored = [{ id: '1' }]
  let answer: () => void = () => undefined
  let calls = 0
  const pages = new PagedList<{ id: string }>(async () => {
    calls += 1
    const items = [...stored]
    if (calls === 1) await new Promise<void>((resolve) => (answer = resolve))
    return { items, nextCursor: undefined }
  })
  const first = pages.refresh()
  stored = [{ id: '2' }, { id: '1' }]
  await Promise.all([pages.refresh(), pages.refresh()])
  t.equal(calls, 1, 'one reading at a time')
  answer()
  await first
  t.same(pages.items.value, stored)
  t.equal(calls, 2, 'and one more for all that came meanwhile')
})
