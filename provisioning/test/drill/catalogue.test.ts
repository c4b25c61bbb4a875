import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { attacks, missing, select } from '../../src/drill/catalogue/index.ts'
import { repositoryRoot } from '../../src/installation/layout.ts'
import { listing, summaryLine, verdictLines } from '../../src/drill/table.ts'
import type { Verdict } from '../../src/drill/verdict.ts'

await t.test('every attack of the catalogue is there, or it is said why not', (t) => {
  const ids = [...attacks, ...missing].map(({ id }) => id)
  t.equal(new Set(ids).size, ids.length, 'no identifier twice')
  for (let number = 1; number <= 45; number += 1)
    t.ok(select([String(number)]).unknown.length === 0, `attack ${number}`)
  t.ok(attacks.every(({ honestTwin, id }) => honestTwin === id.endsWith('h')))
  t.ok(attacks.every(({ honestTwin, expected }) => honestTwin || expected.length > 0))
  t.end()
})

await t.test('the guide names each of them', async (t) => {
  const guide = await readFile(join(repositoryRoot, 'docs/drill.md'), 'utf8')
  const named = [...guide.matchAll(/^\| ([0-9][0-9a-z, ]*) \|/gm)].flatMap(([, ids]) =>
    (ids ?? '').split(', '),
  )
  t.same(
    attacks.map(({ id }) => id).filter((id) => !named.includes(id)),
    [],
  )
  t.same(
    named.filter((id) => !attacks.some((each) => each.id === id)),
    [],
  )
})

await t.test('entries are chosen by number, or one by one', (t) => {
  t.same(
    select(['4']).chosen.map(({ id }) => id),
    ['4a', '4b'],
  )
  t.same(
    select(['4a', '1h']).chosen.map(({ id }) => id),
    ['4a', '1h'],
  )
  t.equal(select([]).chosen.length, attacks.length)
  t.match(select(['18']), { chosen: [], absent: [{ id: '18', waitsFor: /destruction/ }] })
  t.same(select(['4z', '99', '1']).unknown, ['4z', '99'])
  t.end()
})

await t.test('the table says what was raised, where, how soon, and what was not', (t) => {
  const caught: Verdict = {
    id: '1',
    attack: 'one byte changed',
    kind: 'altered-trace',
    where: 'trace 7',
    delayS: 1.2,
    honestTwin: false,
    passed: true,
    raisedBy: 'centre',
    expected: ['altered-trace'],
    bound: 'the next shipment',
    others: ['gap'],
    sides: { expected: 'a', found: 'b' },
    why: null,
  }
  t.match(
    verdictLines(caught),
    /^✓ 1 .*\n.*altered-trace at trace 7, by the centre, after 1.2 s \(bound: the next shipment\); beside it gap/,
  )
  const twin = { ...caught, id: '1h', honestTwin: true, kind: null, where: null, others: [] }
  t.match(verdictLines(twin), /^✓ 1h +honest: .*\n.*nobody was accused$/)
  const escaped = { ...caught, passed: false, kind: null, why: 'nothing was raised' }
  t.match(verdictLines(escaped), /^✗ 1 .*\n.*NOT AS IT SHOULD BE: nothing was raised/)
  t.equal(
    summaryLine([caught, twin, escaped], missing.slice(0, 1)),
    '1 of 2 attacks caught, 0 of 1 honest events accused, 1 not carried out (--list says why)',
  )
  t.match(
    listing(attacks.slice(0, 1), missing.slice(0, 1)),
    /altered-trace.*\n.*\n.*not carried out/,
  )
  t.end()
})
