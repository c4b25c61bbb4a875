import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { noObservedToken, ObservedToken } from './observed.ts'
import { PIN, SoftHsm } from './softhsm.ts'

const skip = noObservedToken
const program = new URL('./pin-program.ts', import.meta.url).pathname
const QUESTION = 'PIN of the token: '

async function asking(t: Test) {
  const hsm = await SoftHsm.create(join(t.testdir(), 'hsm'))
  const token = await ObservedToken.of(hsm)
  const file = join(hsm.folder, 'settings.json')
  await writeFile(file, JSON.stringify({ ...token.settings, pin: { prompt: true } }))
  return { token, file }
}

/** Runs the program on a terminal of its own (script of util-linux) and types as soon as it asks. */
async function onTerminal(file: string, typed: string) {
  const command = `'${process.execPath}' '${program}' '${file}'`
  const script = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'])
  let shown = ''
  script.stdout.setEncoding('utf8').on('data', (part: string) => {
    const wasAsked = shown.includes(QUESTION)
    shown += part
    if (!wasAsked && shown.includes(QUESTION)) script.stdin.write(typed)
  })
  const [code] = (await once(script, 'close')) as [number]
  return { code, shown, questions: shown.split(QUESTION).length - 1 }
}

await t.test('the PIN is typed once and never shown', { skip }, async (t) => {
  const { token, file } = await asking(t)
  await token.forgetSessions()
  const { code, shown, questions } = await onTerminal(file, `${PIN}\r`)
  t.equal(
    shown.replaceAll('\r', ''),
    `${QUESTION}\nsigned twice\n`,
    'nothing else is on the screen',
  )
  t.equal(code, 0)
  t.equal(questions, 1)
  t.equal(await token.count('login'), 2, 'the second login, after lost sessions, asks nobody')
})

await t.test('what is typed may be corrected', { skip }, async (t) => {
  const { file } = await asking(t)
  const { code, shown } = await onTerminal(file, `\u007Fé\u007F${PIN}x€\u007F\b\r`)
  t.match(shown, /signed twice/)
  t.equal(code, 0)
})

await t.test('a wrong PIN is told, and offered once', { skip }, async (t) => {
  const { token, file } = await asking(t)
  const { code, shown, questions } = await onTerminal(file, `not-${PIN}\r`)
  t.match(shown, /pin-refused: The token can't be used: it refuses the PIN\./)
  t.notMatch(shown, PIN)
  t.equal(code, 1)
  t.equal(questions, 1)
  t.equal(await token.count('login'), 1)
})

const notGiven = {
  'an empty line': { typed: '\r', says: /nothing was typed/ },
  'an interrupt': { typed: `${PIN}\u0003`, says: /interrupted/ },
  'more than any PIN has': { typed: `${'9'.repeat(256)}\r`, says: /more than 255 bytes/ },
}
for (const [what, { typed, says }] of Object.entries(notGiven))
  await t.test(`${what} costs the token no try`, { skip }, async (t) => {
    const { token, file } = await asking(t)
    const { code, shown } = await onTerminal(file, typed)
    t.match(shown, /not-available: No PIN was given: /)
    t.match(shown, says)
    t.notMatch(shown, PIN)
    t.equal(code, 1)
    t.equal(await token.count('login'), 0)
  })

await t.test('without a terminal', { skip }, async (t) => {
  const { token, file } = await asking(t)
  // A session of its own, as a service has, which no terminal controls.
  const child = spawn(process.execPath, [program, file], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  const said = await text(child.stdout)
  t.match(said, /^not-available: .* no terminal: name a credential or a file instead\.$/m)
  t.same(await closed, [1, null])
  t.equal(await token.count('login'), 0)
})
