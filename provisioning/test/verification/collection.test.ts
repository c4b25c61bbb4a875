import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleEntryName, utf8 } from '@probant/evidence'
import { UnusableInput } from '@probant/verification'
import t from 'tap'
import { collect, depositAll } from '../../../packages/evidence/test/collected.ts'
import { TestWorld } from '../../../packages/evidence/test/world.ts'
import { verifyCommand, type VerifyOptions } from '../../cli/verify.ts'
import { writeZip } from './zip-writer.ts'

/** `probant verify` of a collection: one line an object, the answer for all of them. */
const folder = t.testdir({})
const saved = (name: string, bytes: Uint8Array) => {
  writeFileSync(join(folder, name), bytes)
  return join(folder, name)
}
const world = await TestWorld.create()
const deposits = await depositAll(world, ['un\n', 'deux\n'])
const [first = '', second = ''] = deposits.map(({ statement }) => statement.object)
const bundles = new Map<string, Uint8Array>(
  deposits.map((each) => [each.statement.object, writeZip(world.bundle(each))]),
)
const omissions = [{ object: crypto.randomUUID(), part: 'bundle', reason: 'gone' }] as const
const entries = collect(bundles, { omissions, selection: 'vault' })
const collection = saved('collection.zip', writeZip(entries))
const anchors = join(folder, 'anchors')
mkdirSync(anchors)
for (const [name, bytes] of world.anchorFiles()) saved(join('anchors', name), bytes)

const verify = (file: string, options: VerifyOptions = {}) =>
  verifyCommand(file, { anchors, ...options }, { LANG: 'C' })

await t.test('a line an object, what is missing, the answer', async (t) => {
  const document = saved('deux.txt', utf8('deux\n'))
  const { text, exitCode } = await verify(collection, { document })
  t.equal(exitCode, 0, text)
  t.match(text, new RegExp(`ok {10}${first} {2}received at 2026-03-01T12:00:01.500Z, witnessed\n`))
  t.match(text, new RegExp(`ok {10}${second} .*witnessed {2}\\(the file given\\)\n`))
  t.match(text, `NOT THERE: ${omissions[0].object}, gone from the vault\n`)
  t.match(text, /that the selection is complete: nobody signed/)
  t.match(text, /Answer: VALID\n {2}bundles: 2 valid, 0 invalid, 0 can't tell\n$/)
  const french = await verify(collection, { lang: 'fr' })
  t.match(french.text, /Les dossiers\n/)
  t.match(french.text, /Réponse : VALIDE\n {2}dossiers : 2 valides/)
})

await t.test('one bundle that is invalid, and which; without anchors', async (t) => {
  const swapped = new Map(bundles).set(first, bundles.get(second) ?? utf8(''))
  const { text, exitCode } = await verify(saved('swapped.zip', writeZip(collect(swapped))))
  t.equal(exitCode, 1, text)
  t.match(text, new RegExp(`INVALID {5}${first}.*\n +what is there is the bundle of another`))
  t.match(text, /bundles: 1 valid, 1 invalid/)
  const document = saved('trois.txt', utf8('trois\n'))
  const stranger = await verify(collection, { document })
  t.equal(stranger.exitCode, 1)
  t.match(stranger.text, /the file given is none of the documents: 6 bytes/)
  const blind = await verifyCommand(collection, {}, { LANG: 'C' })
  t.equal(blind.exitCode, 3)
  t.match(blind.text, /journal\.vkeys/)
})

await t.test('as JSON; cut short', async (t) => {
  const { text } = await verify(collection, { json: true })
  t.match(JSON.parse(text), {
    answer: 'valid',
    exitCode: 0,
    collection: true,
    counts: { valid: 2, invalid: 0, 'cannot-tell': 0 },
    listing: { selection: 'vault', omissions },
    objects: [{ object: first, verdict: { status: 'valid' } }, { object: second }],
  })
  const cut = saved('cut.zip', writeZip(entries).subarray(0, -40))
  await t.rejects(verify(cut), UnusableInput)
  const missing = writeZip(entries.filter(({ name }) => name !== bundleEntryName(first)))
  t.equal((await verify(saved('missing.zip', missing))).exitCode, 1)
})
