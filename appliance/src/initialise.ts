import { createLogger, readSettings, systemClock, systemRandomness } from '@probant/host'
import { formatPem, formatVkey } from '@probant/evidence'
import { nodeCrypto, openProvider, type KeyProvider } from '@probant/keys'
import { createPool, migrate } from '@probant/postgres'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Credentials, hashPassword } from './access/credentials.ts'
import { KEY_LABELS, openBox } from './box.ts'
import { ApplianceSettings } from './settings.ts'
import { openJournal } from './store/journal.ts'
import { addUser, listUsers } from './store/people.ts'
import { createAuthority } from './timestamping/index.ts'

const ADMINISTRATOR = 'admin'
const TOKEN_DAYS = 3650

/**
 * Makes a box out of a settings file: folders, keys, tables, the first administrator. Safe to repeat: what exists is kept, and only a
 * fresh administrator token is issued.
 * @returns what enrolment and the trust anchors need; `adminPassword` only when the administrator was created
 */
export async function initialise(settingsFile: string) {
  const settings = await readSettings(ApplianceSettings, settingsFile)
  const { owner, service, ...place } = settings.database
  await mkdir(settings.home, { recursive: true, mode: 0o700 })
  await migrate({
    ...place,
    ...owner,
    folder: new URL('../migrations', import.meta.url).pathname,
  })
  const keys = await openProvider(settings.keys)
  await makeSigningKeys(keys)
  const authority = await createAuthority({
    keys,
    clock: systemClock,
    randomness: systemRandomness,
    folder: join(settings.home, 'timestamping'),
    boxId: settings.boxId,
    ...settings.timestamping,
  })
  await keys.close()
  const owning = createPool({ ...place, ...owner, max: 1 })
  await owning.transaction((client) => openJournal(client, settings.origin))
  await owning.close()

  const log = createLogger({ component: 'appliance', level: 'error' })
  const box = await openBox({
    settings,
    log,
    fatal: (error) => {
      throw error
    },
  })
  try {
    const credentials = new Credentials(nodeCrypto, box.clock, box.randomness)
    const existing = (await listUsers(box.database, '', 200)).find(
      (user) => user.login === ADMINISTRATOR,
    )
    const id = existing?.id ?? box.randomness.uuid()
    let adminPassword: string | undefined
    if (existing === undefined) {
      const password = Buffer.from(box.randomness.bytes(18)).toString('base64url')
      adminPassword = password
      const passwordHash = await hashPassword(password)
      await box.journal.record({
        act: 'user-created',
        outcome: 'done',
        data: { roles: ['functional-administrator', 'technical-administrator'] },
        hidden: { user: id },
        apply: (client) =>
          addUser(client, {
            id,
            login: ADMINISTRATOR,
            name: 'Administrateur',
            roles: ['functional-administrator', 'technical-administrator'],
            language: 'fr',
            passwordHash,
            createdAtMs: box.clock.nowMs(),
          }),
      })
    }
    const token = credentials.issue(id, 'token', 'initialisation', TOKEN_DAYS * 86_400)
    await box.journal.record({
      act: 'token-created',
      outcome: 'done',
      data: { token: token.id },
      hidden: { user: id },
      apply: token.store,
    })
    return {
      boxId: settings.boxId,
      origin: box.journal.origin,
      journalKey: formatVkey(box.journal.origin, 2, box.journalKey, nodeCrypto),
      latKey: formatPem(box.latKey, 'PUBLIC KEY'),
      tsaRoot: authority.rootPem,
      adminToken: token.secret,
      ...(adminPassword === undefined ? {} : { adminPassword }),
    }
  } finally {
    await box.close()
  }
}

/** Makes the box's signing keys that the provider doesn't hold yet; wrapping keys come with their epochs. */
export async function makeSigningKeys(keys: KeyProvider): Promise<void> {
  for (const label of Object.values(KEY_LABELS))
    if ((await keys.find(label)) === undefined) await keys.generate(label, 'ec-p256')
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { settings: { type: 'string' } } })
  if (values.settings === undefined) {
    process.stderr.write('usage: initialise.ts --settings FILE\n')
    process.exit(2)
  }
  process.stdout.write(`${JSON.stringify(await initialise(values.settings))}\n`)
}
