import { createLogger, readSettings, systemClock } from '@probant/host'
import { nodeCrypto, openProvider } from '@probant/keys'
import { createPool } from '@probant/postgres'
import { userInfo } from 'node:os'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { consoleOf } from '../console/call.ts'
import { consoleSocket } from '../console/socket.ts'
import type { RenewalDebt } from '../renewal/debts.ts'
import { debtSentences, isPressing, renewalStanding } from '../renewal/standing.ts'
import { Seals } from '../seal-certificate/seals.ts'
import { ApplianceSettings } from '../settings.ts'

/**
 * `box renewals`: what stops proving and when, with the service or without it.
 * @returns 0; 1 when something is near its end or over it
 */
export async function renewals(options: { settings: string; json?: boolean }): Promise<0 | 1> {
  const debts = await readDebts(await readSettings(ApplianceSettings, options.settings))
  const lines = options.json === true ? [JSON.stringify({ items: debts })] : debtSentences(debts)
  process.stdout.write(`${lines.join('\n')}\n`)
  return debts.some(isPressing) ? 1 : 0
}

async function readDebts(settings: ApplianceSettings): Promise<RenewalDebt[]> {
  const { owner, service, ...place } = settings.database
  const database = createPool({ ...place, ...service, max: 1, connectTimeoutMs: 5000 })
  const keys = await openProvider(settings.keys)
  try {
    const log = createLogger({ component: 'appliance', level: 'silent' })
    const shared = { database, crypto: nodeCrypto }
    const isRequired = settings.seal?.required ?? false
    const seals = await Seals.open({ ...shared, clock: systemClock, log, keys, isRequired })
    return await renewalStanding({ ...shared, settings, seals, nowMs: systemClock.nowMs() })
  } finally {
    await keys.close()
    await database.close()
  }
}

const Result = Type.Object({ renewed: Type.Integer(), failures: Type.Array(Type.String()) })

/**
 * `box renew`: has the service renew what is due, or all that still proves.
 * @returns 0 when it did, or nothing was due; 1 when something could not be renewed
 */
export async function renew(options: {
  settings: string
  now?: boolean
  json?: boolean
}): Promise<0 | 1> {
  const settings = await readSettings(ApplianceSettings, options.settings)
  const box = consoleOf(consoleSocket(settings), 'en')
  const body = { now: options.now === true, operator: userInfo().username }
  const result = Value.Parse(Result, await box('POST', '/renewals', body))
  const lines = [
    result.renewed === 0 ? 'No record was renewed.' : `Records renewed: ${result.renewed}`,
    ...result.failures.map((why) => `NOT RENEWED: ${why}`),
  ]
  process.stdout.write(
    options.json === true ? `${JSON.stringify(result)}\n` : `${lines.join('\n')}\n`,
  )
  return result.failures.length === 0 ? 0 : 1
}
