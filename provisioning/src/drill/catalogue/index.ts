import type { Attack, Waiting } from '../attack.ts'
import { agent } from './agent.ts'
import { alerting } from './alerting.ts'
import { centre } from './centre.ts'
import { clocks } from './clocks.ts'
import { copies } from './copies.ts'
import { faults } from './faults.ts'
import { hardware } from './hardware.ts'
import { journalRows } from './journal-rows.ts'
import { line } from './line.ts'
import { notBuilt } from './not-built.ts'
import { strangers } from './strangers.ts'
import { service } from './service.ts'
import { store } from './store.ts'
import { waiting } from './waiting.ts'

/** Every attack that can be carried out, with the honest events beside them. */
export const attacks: readonly Attack[] = [
  ...journalRows,
  ...clocks,
  ...line,
  ...strangers,
  ...agent,
  ...centre,
  ...alerting,
  ...store,
  ...copies,
  ...service,
  ...hardware,
  ...faults,
]

/** Those that can’t yet, and why. */
export const missing: readonly Waiting[] = [...waiting, ...notBuilt]

/**
 * The entries of these identifiers: `4` means all of 4 (`4a`, `4b` and its honest twin), `4a` that one alone. All without any.
 * @returns the entries, and the identifiers that name none
 */
export function select(ids: readonly string[]): {
  readonly chosen: readonly Attack[]
  readonly unknown: readonly string[]
  readonly absent: readonly Waiting[]
} {
  const names = (id: string, entry: { readonly id: string }) =>
    entry.id === id || (/^\d+$/.test(id) && entry.id.replace(/[a-z]+$/, '') === id)
  const isAsked = (entry: { readonly id: string }) =>
    ids.length === 0 || ids.some((id) => names(id, entry))
  return {
    chosen: attacks.filter(isAsked),
    absent: missing.filter(isAsked),
    unknown: ids.filter((id) => ![...attacks, ...missing].some((entry) => names(id, entry))),
  }
}
