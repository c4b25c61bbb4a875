import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { spokenWords } from '@probant/keys'
import {
  ANSWER_WORDS,
  enrolmentFingerprint,
  FINGERPRINT_WORDS,
  type PresentedCentre,
} from '@probant/shipping'
import t from 'tap'
import { newAgentKey } from './support/agent.ts'
import { TestBox } from './support/box.ts'
import { enrolmentOf, TestCentre } from './support/centre.ts'

const entry = join(import.meta.dirname, '../../provisioning/cli/probant.cjs')

await t.test('an operator confirms a box by its words, on the command line', async (t) => {
  const centre = await TestCentre.start(t)
  const { boxId, name, schedule, ...box } = enrolmentOf(new TestBox('box-9'), newAgentKey())
  const issued = await centre.api('POST', '/enrolment-codes', { boxId, name, schedule })
  const { code } = issued.body as { code: string }
  const presented = await centre.api('POST', '/enrolments/presentations', { code, ...box }, {})
  const { forCentre, forBox } = enrolmentFingerprint(box, presented.body as PresentedCentre)
  const folder = t.testdir({ code: `${code}\n`, stranger: 'nobody\n' })
  await writeFile(join(folder, 'token'), `${centre.initialised.supervisionToken}\n`)

  const confirm = (
    words: readonly string[],
    { token = 'token', api = `http://127.0.0.1:${centre.centre.ports.http}/api/v1` } = {},
  ) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      const files = ['--code-file', join(folder, 'code'), '--token-file', join(folder, token)]
      const options = ['--centre', api, ...files, '--language', 'fr']
      const command = [entry, 'supervisor', 'confirm-enrolment', ...options, ...words]
      execFile(process.execPath, command, (error, stdout, stderr) => {
        resolve({ code: error?.code ?? 0, stdout, stderr })
      })
    })

  const words = spokenWords(forCentre, FINGERPRINT_WORDS, 'en')
  t.match(await confirm(words, { token: 'none' }), { code: 2, stderr: /ENOENT/ })
  t.match(await confirm(words, { token: 'stranger' }), { code: 1, stdout: '' })
  t.match(await confirm(words, { api: 'http://127.0.0.1:1' }), { code: 3, stdout: '' })
  const other = await confirm(words.toReversed())
  t.match(other, { code: 1, stdout: '', stderr: /words are not those/ })
  t.equal((await centre.api('GET', `/boxes/${boxId}`)).status, 404)
  const { code: exit, stdout } = await confirm(words)
  t.equal(exit, 0)
  t.match(stdout, spokenWords(forBox, ANSWER_WORDS, 'fr').join('  '))
  t.equal((await centre.api('GET', `/boxes/${boxId}`)).status, 200)
  t.match(await confirm(words), { code: 1, stderr: /used already/ })
})
