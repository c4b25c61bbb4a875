import { mkdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { readSettings } from '@probant/host'
import { openProvider } from '@probant/keys'
import { messageOf } from './errors.ts'
import { settingsSchema } from './settings.ts'
import { SSH_KEY_LABEL, sshPublicKey } from './ssh/signing-key.ts'

/** Makes the agent's SSH key unless there is one already, and prints what the centre needs to enrol the box. */
async function initialise(settingsFile: string): Promise<void> {
  const settings = await readSettings(settingsSchema, settingsFile)
  await mkdir(settings.home, { recursive: true, mode: 0o700 })
  const provider = await openProvider(settings.keys)
  try {
    const key =
      (await provider.find(SSH_KEY_LABEL)) ?? (await provider.generate(SSH_KEY_LABEL, 'ec-p256'))
    const { blob } = sshPublicKey(await provider.publicKey(key))
    process.stdout.write(`${JSON.stringify({ sshPublicKey: blob.toString('base64') })}\n`)
  } finally {
    await provider.close()
  }
}

const { values } = parseArgs({ options: { settings: { type: 'string' } } })
if (values.settings === undefined) {
  process.stderr.write('usage: initialise.ts --settings FILE\n')
  process.exitCode = 2
} else {
  await initialise(values.settings).catch((error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`)
    process.exitCode = 1
  })
}
