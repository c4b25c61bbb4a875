import type { Test } from 'tap'
import type { Followed, TestCentre } from './centre.ts'

/** A box with a witnessed head, a stored segment and something new that is neither. */
export async function worked(centre: TestCentre, boxId: string): Promise<Followed> {
  const followed = await centre.follow(boxId)
  followed.box.acts(9)
  await centre.head(followed)
  await centre.ship(followed)
  followed.box.acts(5)
  followed.box.checkpoint()
  return followed
}

/** Bare facts, and what a reader of bytes says of them. */
const SAME_IN_FRENCH = /^(\d+ traces?|trace \d+|prev \w+|\d{4}-.*Z|trace \d+, object .*)$/

/** Numbers, names and digests in a text. */
const factsOf = (text: string) => text.match(/[\w+/=.:-]*\d[\w+/=.:-]*/g) ?? []

/** Exactly one finding, with both sides and a sentence in both languages. */
export async function onlyFinding(
  t: Test,
  centre: TestCentre,
  boxId: string,
  kind: string,
  seq: number | null,
) {
  const findings = await centre.findings(boxId)
  t.equal(findings.length, 1, `one finding about ${boxId}: ${findings.map((f) => f.kind).join()}`)
  const [finding] = findings
  if (finding === undefined) throw new Error(`no finding about ${boxId}`)
  t.match(finding, { kind, seq, sentence: { fr: /\S/, en: /\S/ }, cause: { fr: /\S/, en: /\S/ } })
  t.ok(finding.expected && finding.found, 'both sides')
  for (const side of ['expected', 'found'] as const) {
    const en: string = finding[side]
    const fr: string = finding.sides[side].fr
    t.equal(finding.sides[side].en, en)
    t.ok(fr !== en || SAME_IN_FRENCH.test(en), `in French: ${en}`)
    t.same(factsOf(fr), factsOf(en), 'with the same facts')
  }
  return finding
}
