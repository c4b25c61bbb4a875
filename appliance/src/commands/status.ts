import { readSettings } from '@probant/host'
import { nodeCrypto, openProvider } from '@probant/keys'
import { createPool } from '@probant/postgres'
import { KEY_LABELS } from '../box.ts'
import { inspectRecovery, type RecoveryInspection } from '../recovery/inspection.ts'
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
    const witnessed = await newestWitnessed(database)
    const audited = await newestAuditReceipt(database)
    const labels = [...Object.values(KEY_LABELS), ...Object.values(AUTHORITY_LABELS)]
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
        audited: audited?.size ?? 0,
      },
      recovery: await inspectRecovery(database, nodeCrypto),
      keys: {
        provider: keys.name,
        stayInside: keys.capabilities.signingKeysStayInside,
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
    readonly audited: number
  }
  readonly recovery: RecoveryInspection
  readonly keys: {
    readonly provider: string
    readonly stayInside: boolean
    readonly warning: string | null
    readonly present: Readonly<Record<string, string | null>>
  }
}

function sentences({ name, box, origin, service, journal, recovery, keys }: Report): string[] {
  const present = Object.entries(keys.present).map(
    ([label, kind]) => `${label} ${kind ?? 'MISSING'}`,
  )
  return [
    `${name} (${box})`,
    service.ready
      ? 'service    ready'
      : `service    NOT READY: ${service.missing?.join('; ') ?? ''}`,
    `journal    ${origin}: ${journal.traces} traces, ${journal.checkpoint} under the newest checkpoint`,
    journal.witnessedAt === null
      ? 'witness    no cosignature yet'
      : `witness    ${journal.witnessed} traces cosigned, last at ${journal.witnessedAt}`,
    `audit      ${journal.audited} traces stored and recomputed by the supervision centre`,
    `keys       ${keys.provider}: ${present.join(', ')}; signing keys ${keys.stayInside ? 'cannot leave the hardware' : 'are in files'}`,
    ...recoverySentences(recovery),
    ...(keys.warning === null ? [] : [`WARNING    ${keys.warning}`]),
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
      ({ kind, vault, what }) => `WARNING    ${kind}: vault ${vault ?? '-'}: ${what}`,
    ),
  ]
}
