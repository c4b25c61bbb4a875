import { formatPem, formatVkey, toHex } from '@probant/evidence'
import {
  createLogger,
  guardMemory,
  readSettings,
  systemClock,
  systemRandomness,
} from '@probant/host'
import {
  checkWords,
  combineShares,
  KeyError,
  nodeCrypto,
  openProvider,
  parseShare,
  type RecoveryKey,
  type Share,
  type SheetLanguage,
} from '@probant/keys'
import { createPool, migrate } from '@probant/postgres'
import { readFile } from 'node:fs/promises'
import { warnOfMemory } from './ceremony.ts'
import { terminalDialogue, type Dialogue } from '../ceremony/dialogue.ts'
import { ceremonyWords } from '../ceremony/words.ts'
import { BoxError } from '../errors.ts'
import { readDeclaredKey, type DeclaredKey } from '../recovery/declared-key.ts'
import { recoverOnNewHardware, type RecoveredBox } from '../recovery/new-hardware.ts'
import { ApplianceSettings } from '../settings.ts'

export interface RecoverOptions {
  readonly settings: string
  readonly share?: readonly string[]
  readonly language: SheetLanguage
  readonly json?: boolean
}

/**
 * `box recover`: on a new machine, with the box's restored folder and database and enough holders.
 * @returns 0 when every vault was recovered, 1 when some could not be
 */
export async function recover(options: RecoverOptions): Promise<0 | 1> {
  warnOfMemory(guardMemory())
  const report = await recoverBox(options)
  process.stdout.write(
    options.json === true ? `${JSON.stringify(report)}\n` : `${sentences(report).join('\n')}\n`,
  )
  return report.lost.length === 0 ? 0 : 1
}

/** Carries it out. @throws BoxError `not-recoverable`; KeyError about shares; what the provider and the database throw */
export async function recoverBox(options: Omit<RecoverOptions, 'json'>): Promise<RecoveryReport> {
  const settings = await readSettings(ApplianceSettings, options.settings)
  const { owner, service, ...place } = settings.database
  const migrations = new URL('../../migrations', import.meta.url).pathname
  await migrate({ ...place, ...owner, folder: migrations })
  const database = createPool({ ...place, ...service, max: 4, connectTimeoutMs: 5000 })
  const keys = await openProvider(settings.keys)
  try {
    const declared = await readDeclaredKey(database)
    if (declared === undefined)
      throw new BoxError(
        'not-recoverable',
        'fatal',
        'No key ceremony was ever held on this box: without its former keys its documents can’t be read.',
      )
    const { key, numbers } = await gather(declared, options)
    const world = { crypto: nodeCrypto, clock: systemClock, randomness: systemRandomness }
    const log = createLogger({ component: 'appliance', level: 'silent' })
    const hardware = { ...world, settings, database, keys, log }
    return reportOf(settings.boxId, await recoverOnNewHardware(hardware, key, numbers))
  } finally {
    await keys.close()
    await database.close()
  }
}

/** Shares from files, then from the console while they aren't enough. */
async function gather(
  declared: DeclaredKey,
  { share: files = [], language }: Omit<RecoverOptions, 'json'>,
): Promise<{ key: RecoveryKey; numbers: number[] }> {
  const shares: Share[] = []
  for (const file of files) shares.push(await readShare(file))
  const isAsked = files.length === 0
  const dialogue = isAsked ? terminalDialogue() : undefined
  try {
    while (dialogue !== undefined && shares.length < declared.threshold)
      await askShare(dialogue, declared, shares, language)
    const key = await combineShares(shares, declared.publicKey.id)
    return { key, numbers: shares.map(({ number }) => number) }
  } finally {
    dialogue?.close()
    for (const { value } of shares) value.fill(0)
  }
}

async function readShare(file: string): Promise<Share> {
  const text = await readFile(file)
  try {
    return parseShare(text)
  } catch (cause) {
    if (!(cause instanceof KeyError)) throw cause
    throw new Error(`${file}: ${cause.message}`, { cause })
  } finally {
    text.fill(0)
  }
}

/** One more share, unless it is one that can't belong here: that is said at once, and it is asked again. */
async function askShare(
  dialogue: Dialogue,
  { id, threshold }: DeclaredKey,
  shares: Share[],
  language: SheetLanguage,
): Promise<void> {
  const words = ceremonyWords[language]
  try {
    const share = parseShare(await dialogue.askLines(words.typeShare(shares.length, threshold)))
    dialogue.clear()
    if (!id.startsWith(toHex(share.keyHint)))
      throw new KeyError('share-of-another-key', words.foreignShare(toHex(share.keyHint), id))
    if (shares.some(({ number }) => number === share.number))
      throw new KeyError('share-repeated', words.repeatedShare(share.number))
    shares.push(share)
    dialogue.tell(words.shareTaken(share.number, checkWords(share, language).join(' ')))
  } catch (error) {
    if (!(error instanceof KeyError)) throw error
    dialogue.tell(error.message)
  }
}

/** What the centre's operator and the trust anchors need, and what became of the vaults. */
export type RecoveryReport = ReturnType<typeof reportOf>

function reportOf(boxId: string, { origin, after, journalKey, latKey, ...rest }: RecoveredBox) {
  return {
    boxId,
    origin,
    after,
    journalKey: formatVkey(origin, 2, journalKey, nodeCrypto),
    latKey: formatPem(latKey, 'PUBLIC KEY'),
    tsaRoot: rest.tsaRootPem,
    recovered: rest.recovered,
    lost: rest.lost,
  }
}

function sentences(report: RecoveryReport): string[] {
  return [
    `journal    ${report.origin}: goes on after ${report.after} traces, under the new journal key`,
    `           ${report.journalKey}`,
    `vaults     ${report.recovered} keys recovered and enclosed to the new hardware`,
    ...report.lost.map(({ vault, what }) => `LOST       vault ${vault}: ${what}`),
    'Next       declare the change of hardware at the supervision centre, with the journal key above',
    '           and the agent’s new key; start the service; run box fsck; hold a new key ceremony.',
  ]
}
