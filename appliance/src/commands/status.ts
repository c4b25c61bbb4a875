import { clockDiscipline, createLogger, formatTime, readSettings, systemClock } from '@probant/host'
import { nodeCrypto, openProvider, type KeyProvider } from '@probant/keys'
import { createPool, type Database } from '@probant/postgres'
import { KEY_LABELS } from '../box.ts'
import { datingStanding } from '../dating/standing.ts'
import {
  pinnedWitnesses,
  requiredWitnesses,
  unwitnessedSince,
  witnessReport,
} from '../journal/witnessing.ts'
import { CopyFolder } from '../recovery/copies.ts'
import { inspectRecovery, type RecoveryInspection } from '../recovery/inspection.ts'
import { debtSentence, renewalStanding } from '../renewal/standing.ts'
import type { RenewalDebt } from '../renewal/debts.ts'
import { DEFAULT_SCHEDULE } from '../rotation/context.ts'
import { keyStanding, standingSentences, type KeyStanding } from '../rotation/standing.ts'
import { Seals } from '../seal-certificate/seals.ts'
import { ApplianceSettings } from '../settings.ts'
import { newestAuditReceipt, newestWitnessed } from '../store/cosignatures.ts'
import { newestCheckpoint, readState } from '../store/journal.ts'
import { AUTHORITY_LABELS } from '../timestamping/index.ts'

interface ServiceState {
  readonly ready: boolean
  readonly missing?: readonly string[]
}

/** Prints how the box is: service, journal, witnessing, keys. Exit code 1 when the service is not ready. */
export async function status(options: { settings: string; json?: boolean }): Promise<void> {
  const settings = await readSettings(ApplianceSettings, options.settings)
  const service = await askService(settings.administration)
  const { owner, service: login, ...place } = settings.database
  const database = createPool({ ...place, ...login, max: 1, connectTimeoutMs: 5000 })
  const keys = await openProvider(settings.keys)
  try {
    const state = await readState(database)
    const head = await newestCheckpoint(database)
    const required = requiredWitnesses(settings.witnessing)
    const witnessed = await newestWitnessed(database, required)
    const audited = await newestAuditReceipt(database)
    const sinceMs = await unwitnessedSince(database, required)
    const schedule = settings.keyEpochs ?? DEFAULT_SCHEDULE
    const standing = await keyStanding(database, schedule)
    const roots = standing.epochs.map(({ root }) => root)
    const labels = [...Object.values(KEY_LABELS), ...roots, ...Object.values(AUTHORITY_LABELS)]
    const found = await Promise.all(labels.map(async (label) => (await keys.find(label))?.kind))
    const report = {
      box: settings.boxId,
      name: settings.name,
      origin: state?.origin ?? settings.origin,
      service,
      journal: {
        traces: state?.size ?? 0,
        checkpoint: head?.size ?? 0,
        witnessed: witnessed?.size ?? 0,
        witnessedAt:
          witnessed === undefined ? null : new Date(witnessed.timestamp * 1000).toISOString(),
        requiredWitnesses: required,
        witnesses: await witnessReport(database, pinnedWitnesses(nodeCrypto, settings)),
        unwitnessedSince: sinceMs === undefined ? null : formatTime(sinceMs),
        refuseAfterHours: settings.witnessing?.refuseAfterHours ?? null,
        audited: audited?.size ?? 0,
      },
      time: await timeOf(database, settings),
      renewals: await renewalsOf(database, keys, settings),
      seal: await sealOf(database, keys, settings.seal?.required ?? false),
      recovery: await inspectRecovery(database, nodeCrypto, new CopyFolder(settings.home)),
      keys: {
        provider: keys.name,
        place: keys.place,
        stayInside: keys.capabilities.signingKeysStayInside,
        /** What encloses the epoch's key, which encloses the vaults'; the service opens both into its memory whatever the provider is. */
        vaultKeys: {
          ...standing,
          enclosedBy: keys.capabilities.enclosing ?? null,
          openedIntoMemory: true,
          enclosingKeyOpened: keys.capabilities.opensWrappingKeys,
        },
        warning: keys.warning ?? null,
        present: Object.fromEntries(labels.map((label, at) => [label, found[at] ?? null])),
      },
    }
    process.exitCode = service.ready ? 0 : 1
    process.stdout.write(
      options.json === true ? `${JSON.stringify(report)}\n` : `${sentences(report).join('\n')}\n`,
    )
  } finally {
    await keys.close()
    await database.close()
  }
}

/** By what the box's time is vouched for. */
async function timeOf(database: Database, { dating }: ApplianceSettings) {
  const standing = await datingStanding(database, dating, systemClock.nowMs())
  const { authorities, size, last, isOverdue, failing, limitMs } = standing
  return {
    /** Deposits are dated by the box's own authority, which reads the machine's clock. */
    ownClock: clockDiscipline(),
    authorities,
    datedTraces: size,
    lastToken: last === null ? null : { time: last.time, authority: last.authority },
    failingSince: failing === undefined ? null : formatTime(failing.sinceMs),
    limitHours: limitMs / 3_600_000,
    overdue: isOverdue,
  }
}

/** What stops proving and when. */
async function renewalsOf(database: Database, keys: KeyProvider, settings: ApplianceSettings) {
  const seals = await sealsOf(database, keys, settings.seal?.required ?? false)
  const nowMs = systemClock.nowMs()
  return renewalStanding({ database, crypto: nodeCrypto, settings, seals, nowMs })
}

function sealsOf(database: Database, keys: KeyProvider, isRequired: boolean): Promise<Seals> {
  const log = createLogger({ component: 'appliance', level: 'silent' })
  const clock = systemClock
  return Seals.open({ database, crypto: nodeCrypto, clock, log, keys, isRequired })
}

/** Whether deposits are sealed by the client's certificate, and until when. */
async function sealOf(database: Database, keys: KeyProvider, isRequired: boolean) {
  const seals = await sealsOf(database, keys, isRequired)
  const { inForce, covered } = seals.standing()
  return {
    required: isRequired,
    inForce: inForce?.certificate.subjectText ?? null,
    until: covered === undefined ? null : formatTime(covered.notAfterMs),
    daysLeft:
      covered === undefined
        ? null
        : Math.floor((covered.notAfterMs - systemClock.nowMs()) / 86_400_000),
    faults: Object.fromEntries(seals.faults),
  }
}

async function askService(address: { host: string; port: number }): Promise<ServiceState> {
  try {
    const answer = await fetch(`http://${address.host}:${address.port}/readyz`, {
      signal: AbortSignal.timeout(5000),
    })
    return (await answer.json()) as ServiceState
  } catch {
    return { ready: false, missing: ['the vault service does not answer'] }
  }
}

type TimeReport = Awaited<ReturnType<typeof timeOf>>
type SealReport = Awaited<ReturnType<typeof sealOf>>

interface Report {
  readonly name: string
  readonly box: string
  readonly origin: string
  readonly service: ServiceState
  readonly journal: {
    readonly traces: number
    readonly checkpoint: number
    readonly witnessed: number
    readonly witnessedAt: string | null
    readonly requiredWitnesses: number
    readonly witnesses: Awaited<ReturnType<typeof witnessReport>>
    readonly unwitnessedSince: string | null
    readonly refuseAfterHours: number | null
    readonly audited: number
  }
  readonly time: TimeReport
  readonly renewals: readonly RenewalDebt[]
  readonly seal: SealReport
  readonly recovery: RecoveryInspection
  readonly keys: {
    readonly provider: string
    readonly place: string
    readonly stayInside: boolean
    readonly vaultKeys: KeyStanding & {
      readonly enclosedBy: string | null
      readonly openedIntoMemory: boolean
      readonly enclosingKeyOpened: boolean
    }
    readonly warning: string | null
    readonly present: Readonly<Record<string, string | null>>
  }
}

function sentences(report: Report): string[] {
  const { name, box, origin, service, journal, time, renewals, seal, recovery, keys } = report
  const named = Object.entries(keys.present)
  const roots = new Set(keys.vaultKeys.epochs.map(({ root }) => root))
  const isVaults = ([label]: readonly [string, unknown]) => roots.has(label)
  const present = (list: typeof named) =>
    list.map(([label, kind]) => `${label} ${kind ?? 'MISSING'}`).join(', ')
  const { enclosedBy, enclosingKeyOpened } = keys.vaultKeys
  const root = enclosingKeyOpened ? ', which the provider opens into memory' : ''
  return [
    `${name} (${box})`,
    service.ready
      ? 'service    ready'
      : `service    NOT READY: ${service.missing?.join('; ') ?? ''}`,
    `journal    ${origin}: ${journal.traces} traces, ${journal.checkpoint} under the newest checkpoint`,
    ...witnessSentences(journal),
    ...unwitnessedSentences(journal),
    `audit      ${journal.audited} traces stored and recomputed by the supervision centre`,
    ...timeSentences(time),
    debtSentence(renewals),
    `keys       ${keys.provider}: kept in ${keys.place}`,
    `           signing keys (${present(named.filter((one) => !isVaults(one)))}) ${keys.stayInside ? 'cannot leave the hardware' : 'are in files'}`,
    `           vault keys are enclosed by the keys of their epochs, those by ${present(named.filter(isVaults))} (${enclosedBy ?? 'nothing'})${root}, and opened into the service's memory while it runs`,
    ...standingSentences(keys.vaultKeys),
    ...sealSentences(seal),
    ...recoverySentences(recovery),
    ...(keys.warning === null ? [] : [`WARNING    ${keys.warning}`]),
  ]
}

function timeSentences(time: TimeReport): string[] {
  const { ownClock, authorities, datedTraces, lastToken, failingSince, limitHours, overdue } = time
  const within =
    ownClock.maximumErrorMs === null ? '' : `, within ${Math.ceil(ownClock.maximumErrorMs)} ms`
  const own = [
    `clock      ${ownClock.synchronized ? `kept to an outside source by the machine${within}` : 'NOT KEPT to any outside source'}: deposits are dated by it, which is this box’s own claim`,
  ]
  const last =
    lastToken === null
      ? 'no outside token yet'
      : `${datedTraces} traces dated from outside, last at ${lastToken.time} by ${lastToken.authority}`
  if (authorities.length === 0)
    return [...own, `dating     no authority outside is configured; ${last}`]
  const asked = `dating     ${last} (authorities: ${authorities.join(', ')})`
  if (overdue)
    return [...own, asked, `WARNING    dating: no outside token for more than ${limitHours} hours`]
  return [
    ...own,
    asked,
    ...(failingSince === null
      ? []
      : [`WARNING    dating: attempts have failed since ${failingSince}; see the log`]),
  ]
}

/** How far the journal is witnessed, and by whom where it takes or has several. */
function witnessSentences({
  witnessed,
  witnessedAt,
  requiredWitnesses: required,
  witnesses,
}: Report['journal']): string[] {
  const by = required === 1 ? '' : ` by ${required} witnesses`
  const sum =
    witnessedAt === null
      ? `witness    ${required === 1 ? 'no cosignature yet' : `no checkpoint cosigned${by} yet`}`
      : `witness    ${witnessed} traces cosigned${by}, last at ${witnessedAt}`
  if (required === 1 && witnesses.length < 2) return [sum]
  return [
    sum,
    ...witnesses.map(({ name, size, at }) =>
      at === null
        ? `           ${name}: no cosignature yet`
        : `           ${name}: ${size} traces, at ${at}`,
    ),
  ]
}

/** What waits for a witness, and where deposits end for want of one. */
function unwitnessedSentences({ unwitnessedSince, refuseAfterHours }: Report['journal']): string[] {
  if (unwitnessedSince === null) return []
  const since = `           acts without a witness since ${unwitnessedSince}`
  return [
    refuseAfterHours === null
      ? since
      : `${since}; deposits are refused after ${refuseAfterHours} hours of it`,
  ]
}

/** Days before its end from which a certificate is a warning. */
const SOON_DAYS = 90

function sealSentences({ required, inForce, until, daysLeft, faults }: SealReport): string[] {
  const wrong = Object.entries(faults).map(
    ([key, fault]) => `WARNING    the seal certificate of ${key} is not used: ${fault}`,
  )
  if (inForce === null) {
    const what = until === null ? 'no certificate' : `the certificate expired at ${until}`
    if (required) return [`WARNING    seal: ${what}; DEPOSITS ARE REFUSED`, ...wrong]
    const without = 'deposits carry the box’s own signature alone'
    return [`${until === null ? 'seal      ' : 'WARNING    seal:'} ${what}; ${without}`, ...wrong]
  }
  const isSoon = daysLeft !== null && daysLeft < SOON_DAYS
  return [
    `seal       ${inForce}, until ${until ?? ''}`,
    ...(isSoon ? [`WARNING    the seal certificate ends in ${daysLeft} days: renew it`] : []),
    ...wrong,
  ]
}

function recoverySentences({
  recoveryKey,
  threshold,
  shares,
  vaults,
  findings,
}: RecoveryInspection) {
  if (recoveryKey === null && findings.length === 0)
    return [
      'WARNING    no key ceremony was held: if this machine’s keys are lost, every document is lost. See docs/key-ceremony.md',
    ]
  return [
    `recovery   key ${recoveryKey?.slice(0, 16) ?? 'unknown'}…, ${threshold ?? '?'} of ${shares ?? '?'} holders; ${vaults} vaults`,
    ...findings.map(
      ({ kind, epoch, what }) => `WARNING    ${kind}: epoch ${epoch ?? '-'}: ${what}`,
    ),
  ]
}
