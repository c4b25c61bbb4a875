/** Opens the token of the settings in the file given, signs twice, and says how it went. */
import { readFile } from 'node:fs/promises'
import { argv } from 'node:process'
import { KeyError, openProvider, type KeySettings } from '@probant/keys'

const settings = JSON.parse(await readFile(argv[2] ?? '', 'utf8')) as KeySettings
try {
  const provider = await openProvider(settings)
  const ref = (await provider.find('journal')) ?? (await provider.generate('journal', 'ec-p256'))
  for (const message of ['first', 'second']) await provider.sign(ref, Buffer.from(message))
  await provider.close()
  process.stdout.write('signed twice\n')
} catch (error) {
  if (!(error instanceof KeyError)) throw error
  process.stdout.write(`${error.code}: ${error.message}\n`)
  process.exitCode = 1
}
