import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { UnusableInput } from '@probant/verification'
import t, { type Test } from 'tap'
import { verifyCommand } from '../../provisioning/cli/verify.ts'
import { bundleCases, type BundleCase } from './bundle-cases.ts'
import { collectionCases } from './collection-cases.ts'
import { depositCases } from './deposit-cases.ts'
import { destructionCases } from './destruction-cases.ts'
import { receptionCases } from './reception-cases.ts'
import { renewalCases } from './renewal-cases.ts'
import { signedCases } from './signed-cases.ts'

/** The product's verifier and the one written from docs/formats.md alone give the same answer. */
if (spawnSync('python3', ['--version']).status !== 0) {
  t.plan(0, 'python3 is not installed (Debian package: python3)')
  process.exit()
}
t.setTimeout(900_000)

const folder = t.testdir({})
const program = join(import.meta.dirname, 'second-verifier')
const exitCodes = new Map([
  [0, 'valid'],
  [1, 'invalid'],
  [2, 'unusable'],
  [3, 'cannot-tell'],
])

interface Asked {
  readonly bundle: string
  readonly anchors?: string
  readonly document?: string
  readonly requireWitness: number
  readonly at?: string
}
interface Answer {
  readonly answer: string | undefined
  readonly output: string
}

async function first(asked: Asked): Promise<Answer> {
  const { bundle, ...options } = asked
  try {
    const found = await verifyCommand(bundle, { ...options, json: true }, { LANG: 'C' })
    return { answer: exitCodes.get(found.exitCode), output: found.text }
  } catch (error) {
    if (!(error instanceof UnusableInput)) throw error
    return { answer: exitCodes.get(error.exitCode), output: error.message }
  }
}

const words = ({ bundle, anchors, document, requireWitness, at }: Asked): string[] => [
  bundle,
  ...(anchors === undefined ? [] : ['--anchors', anchors]),
  ...(document === undefined ? [] : ['--document', document]),
  ...(at === undefined ? [] : ['--at', at]),
  // alone where it is one: both must read it so
  ...(requireWitness > 0 ? ['--require-witness'] : []),
  ...(requireWitness > 1 ? [String(requireWitness)] : []),
]

// -B: leaves no compiled files beside the source; -: one process for all questions
const python = spawn('python3', ['-B', program, '-'], { stdio: ['pipe', 'pipe', 'inherit'] })
t.teardown(() => python.stdin.end())
const answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]()

async function second(asked: Asked): Promise<Answer> {
  python.stdin.write(`${JSON.stringify(words(asked))}\n`)
  const { value = 'it ended' } = await answers.next()
  return { answer: /^\{"answer": "([a-z-]+)"/.exec(value)?.[1], output: value }
}

async function askAll(
  t: Test,
  cases: AsyncIterable<BundleCase> | Iterable<BundleCase>,
): Promise<void> {
  for await (const each of cases) await ask(t, each)
}

let written = 0
async function ask(t: Test, asked: BundleCase): Promise<void> {
  const place = join(folder, `${++written}`)
  mkdirSync(place)
  const save = (name: string, bytes: Uint8Array | string) => {
    writeFileSync(join(place, name), bytes)
    return join(place, name)
  }
  const { anchors, document } = asked
  if (anchors !== null) mkdirSync(join(place, 'anchors'))
  for (const [name, bytes] of anchors ?? []) save(join('anchors', name), bytes)
  const given: Asked = {
    bundle: save('bundle.zip', asked.zip),
    requireWitness: asked.requireWitness ?? 0,
    ...(asked.at === undefined ? {} : { at: asked.at }),
    ...(anchors === null ? {} : { anchors: join(place, 'anchors') }),
    ...(document === undefined ? {} : { document: save('document', document) }),
  }
  const [ours, theirs] = await Promise.all([first(given), second(given)])
  const said = { first: ours.output, second: theirs.output }
  // a damaged zip may be refused by one for what another doesn't look at
  const mayRefuse = asked.isDamaged === true && isRefused(theirs.answer)
  t.equal(mayRefuse ? ours.answer : theirs.answer, ours.answer, `${asked.what}: same answer`, said)
  if (asked.expected !== undefined) {
    t.equal(ours.answer, asked.expected, `${asked.what}: ${asked.expected}`, said)
  }
  if (asked.isTimeIndependent !== undefined) {
    const claims = [
      /"time-is-the-boxes-claim"/.test(ours.output),
      /is the box's claim/.test(theirs.output),
    ]
    const expected = !asked.isTimeIndependent
    t.same(claims, [expected, expected], `${asked.what}: whose word the time is`, said)
  }
}

const isRefused = (answer: string | undefined) => answer === 'invalid' || answer === 'unusable'

await t.test('given in every way', (t) => askAll(t, bundleCases()))
await t.test('deposited in every way', (t) => askAll(t, depositCases()))
await t.test('received by every authority', (t) => askAll(t, receptionCases()))
await t.test('signed in every way', (t) => askAll(t, signedCases()))
await t.test('dated and renewed in every way', (t) => askAll(t, renewalCases()))
await t.test('destroyed', (t) => askAll(t, destructionCases()))
await t.test('collected in every way', (t) => askAll(t, collectionCases()))
