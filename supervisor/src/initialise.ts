import { mkdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { emptyJournalState } from '@probant/evidence'
import { createLogger, readSettings, systemClock, systemRandomness } from '@probant/host'
import { nodeCrypto, openProvider } from '@probant/keys'
import { createPool, type Client } from '@probant/postgres'
import { hashPassword, issueToken, newSecret } from './access/credentials.ts'
import { append, type Journalling } from './alerts/journal.ts'
import { installContact } from './alerts/verification.ts'
import { prepareTables, type World } from './open-context.ts'
import { Settings } from './settings.ts'
import { generateCentreKeys, namesOf, openCentreKeys } from './signing/centre-keys.ts'
import { generateHostKey } from './ssh/host-key.ts'
import { holdAlertJournal, insertAlertJournal } from './store/alert-journal.ts'
import { findOperator, insertOperator, setPassword, type Operator } from './store/operators.ts'
import { DEFAULT_TENANT } from './store/rows.ts'

/** What the first operator and the boxes to come need of a new centre. */
export interface Initialised {
  supervisionToken: string
  operator: { user: string; password: string }
  witnessKeys: string[]
  auditKey: string
  sshHostKey: string
  alertJournalKey: string
}

const FIRST_OPERATOR = 'operator'

/**
 * Makes keys, tables, the alert journal and the first operator. Safe to repeat: what exists is kept, and the first operator gets
 * a fresh password and token, since nobody may have seen those that a cut run made.
 * @param password of the first operator; a random one when it is not given
 * @param contact mail address that is told of alerts from the start
 */
export async function initialise(
  settings: Settings,
  world: World,
  password = newSecret(world),
  contact?: string,
): Promise<Initialised> {
  await mkdir(settings.home, { recursive: true, mode: 0o700 })
  const hostKey = await generateHostKey(settings.home)
  const provider = await openProvider(settings.keys, world.randomness)
  await generateCentreKeys(provider)
  const keys = await openCentreKeys(provider, settings.centreName)
  await prepareTables(settings, world.logger)
  const { owner, service, ...place } = settings.database
  const database = createPool({ ...place, ...service, max: 1 })
  const working = { ...world, crypto: nodeCrypto }
  try {
    const passwordHash = await hashPassword(password)
    const { secret } = await database.transaction(async (client) => {
      const operator = await firstOperator(client, world, passwordHash)
      const issued = await issueToken(client, working, operator, 'bearer')
      await openAlertJournal(client, working, settings.centreName)
      if (contact !== undefined) await installContact(client, working, DEFAULT_TENANT, contact)
      return issued
    })
    return {
      supervisionToken: secret,
      operator: { user: FIRST_OPERATOR, password },
      witnessKeys: keys.witnessVkeys,
      auditKey: keys.auditVkey,
      sshHostKey: hostKey.publicKey,
      alertJournalKey: keys.alertJournalVkey,
    }
  } finally {
    await database.close()
    await keys.close()
  }
}

async function firstOperator(
  client: Client,
  { randomness, clock }: World,
  passwordHash: string,
): Promise<Operator> {
  const existing = await findOperator(client, FIRST_OPERATOR)
  if (existing !== undefined) {
    await setPassword(client, existing, passwordHash)
    return existing
  }
  const operator = {
    tenantId: DEFAULT_TENANT,
    operatorId: randomness.uuid(),
    userName: FIRST_OPERATOR,
  }
  await insertOperator(client, { ...operator, passwordHash }, clock.nowMs())
  return operator
}

async function openAlertJournal(
  client: Client,
  journalling: Journalling,
  centreName: string,
): Promise<void> {
  if ((await holdAlertJournal(client, DEFAULT_TENANT)) !== undefined) return
  const state = emptyJournalState(nodeCrypto, namesOf(centreName).alertJournal)
  await insertAlertJournal(client, DEFAULT_TENANT, state)
  await append(client, journalling, DEFAULT_TENANT, [
    { act: 'log-opened', outcome: 'done', data: { centre: centreName } },
  ])
}

/** Initialises by a settings file and prints what came of it as one line of JSON. */
export async function initialiseByFile(
  path: string,
  { password, contact }: { password?: string | undefined; contact?: string | undefined },
): Promise<void> {
  const settings = await readSettings(Settings, path)
  const logger = createLogger({ component: 'supervisor', level: 'error' })
  const world = { clock: systemClock, randomness: systemRandomness, logger }
  const initialised = await initialise(settings, world, password, contact)
  process.stdout.write(`${JSON.stringify(initialised)}\n`)
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      settings: { type: 'string' },
      password: { type: 'string' },
      contact: { type: 'string' },
    },
  })
  if (values.settings === undefined) {
    process.stderr.write(
      'usage: initialise.ts --settings FILE [--password PASSWORD] [--contact ADDRESS]\n',
    )
    process.exit(2)
  }
  await initialiseByFile(values.settings, values)
}
