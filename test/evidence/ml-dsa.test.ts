import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatVkey, utf8 } from '@probant/evidence'
import t from 'tap'
import { cosign } from '../../packages/evidence/test/journal-world.ts'
import { testCrypto } from '../../packages/evidence/test/test-crypto.ts'
import { verifyCommand } from '../../provisioning/cli/verify.ts'
import { writeZip } from '../../provisioning/test/verification/zip-writer.ts'
import { deposit, trusted, world } from './bundle-cases.ts'
import { debian13Openssl } from './debian-13.ts'

/**
 * Cosignatures by ML-DSA-44 as the second verifier judges them, by the machine's OpenSSL and by Debian 13's: one that is older than 3.5
 * tells nothing, and nothing else changes.
 */
const folder = t.testdir({})
const program = join(import.meta.dirname, 'second-verifier')
const newer = debian13Openssl(join(folder, 'debian-13'))
const [, witness] = world.witnesses
if (witness === undefined) throw new Error('no witness')
const { name, type, publicKey } = witness.key
const note = cosign(world.journal.checkpoint(), witness, 1_772_366_700)
const lastCharacter = note.at(-30) === 'A' ? 'B' : 'A'
const cases = [
  { what: 'cosigned by ML-DSA-44 alone', checkpointNote: note, expected: 'valid' },
  {
    what: 'a false one',
    checkpointNote: note.slice(0, -30) + lastCharacter + note.slice(-29),
    expected: 'invalid',
  },
  {
    what: 'one of another moment',
    checkpointNote: note.replace(/AAAA(?=[^\n]*\n$)/, 'AAAB'),
    expected: 'invalid',
  },
]

const anchors = join(folder, 'anchors')
mkdirSync(anchors)
for (const [file, bytes] of trusted) writeFileSync(join(anchors, file), bytes)
writeFileSync(
  join(anchors, 'witness.vkeys'),
  utf8(`${formatVkey(name, type, publicKey, testCrypto)}\n`),
)

function second(bundle: string, path: string | undefined): string {
  const words = ['-B', program, bundle, '--anchors', anchors, '--require-witness']
  const PATH = [...(path === undefined ? [] : [path]), process.env['PATH'] ?? ''].join(':')
  const { stdout } = spawnSync('python3', words, {
    encoding: 'utf8',
    env: { ...process.env, PATH },
  })
  return stdout
}

const ownVersion = /^OpenSSL (\d+)\.(\d+)/.exec(
  spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout,
)
const knowsMlDsa = Number(ownVersion?.[1]) * 100 + Number(ownVersion?.[2]) >= 305

for (const [at, { what, checkpointNote, expected }] of cases.entries()) {
  await t.test(what, async (t) => {
    const bundle = join(folder, `${at}.zip`)
    writeFileSync(bundle, writeZip(world.bundle(deposit, { checkpointNote })))
    const { exitCode, text } = await verifyCommand(
      bundle,
      { anchors, requireWitness: true, json: true },
      { LANG: 'C' },
    )
    t.equal(['valid', 'invalid', 'unusable', 'cannot-tell'][exitCode], expected, text)
    const own = knowsMlDsa ? expected : 'cannot-tell'
    t.match(second(bundle, undefined), `"answer": "${own}"`, 'by this machine’s OpenSSL')
    await t.test('by Debian 13’s OpenSSL', { skip: 'missing' in newer && newer.missing }, (t) => {
      if ('path' in newer) t.match(second(bundle, newer.path), `"answer": "${expected}"`)
      t.end()
    })
  })
}
