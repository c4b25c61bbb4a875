import {
  confirmSession,
  Failure,
  isSessionLost,
  renewSession,
  session,
  upload,
} from '@probant/web/browser'
import type { Signal } from '@preact/signals'
import { computed, effect, signal } from '@preact/signals'
import type { VaultDocument } from './service.ts'
import { addresses, documentShape } from './service.ts'

export type DepositState =
  | { kind: 'waiting' }
  | { kind: 'sending'; share: number }
  /** Every byte has left; the box timestamps, signs and journals. */
  | { kind: 'recording' }
  | { kind: 'done'; document: VaultDocument }
  | { kind: 'failed'; failure: unknown }
  | { kind: 'empty-file' }
  | { kind: 'folder' }
  | { kind: 'cancelled' }

/** One file on its way into a vault. */
export interface Deposit {
  readonly key: string
  /** Who chose the file: it is deposited in nobody else's name. */
  readonly user: string | undefined
  readonly vault: string
  readonly name: string
  readonly sizeBytes: number
  readonly file: File
  readonly state: Signal<DepositState>
  stop: AbortController
}

/** All files of this visit, oldest first. They outlive a change of page and a lost session. */
export const deposits = signal<readonly Deposit[]>([])

/** Something would be lost by leaving. */
export const hasPendingDeposits = computed(() => deposits.value.some(isPending))

export function isPending({ state }: Deposit): boolean {
  return ['waiting', 'sending', 'recording'].includes(state.value.kind)
}

/** Once every byte has left, the box may have kept the document: stopping would only hide that. */
export function canCancel({ state }: Deposit): boolean {
  return state.value.kind === 'waiting' || state.value.kind === 'sending'
}

/**
 * A passing failure may be tried again, and so may a deposit whose first try is still under way (409): the key makes sure
 * that the document is kept once.
 */
export function canRetry({ state }: Deposit): boolean {
  const now = state.value
  if (now.kind === 'failed')
    return now.failure instanceof Failure && (now.failure.isPassing || now.failure.status === 409)
  return now.kind === 'cancelled'
}

/** Puts files in the queue; each becomes one document, one after the other. */
export function depositFiles(vault: string, files: readonly File[]): void {
  deposits.value = [...deposits.value, ...files.map((file) => queued(vault, file, startOf(file)))]
}

/** Says in the queue that a folder was dropped, which can't be deposited as such. */
export function refuseFolder(vault: string, name: string): void {
  deposits.value = [...deposits.value, queued(vault, new File([], name), { kind: 'folder' })]
}

export function cancel(deposit: Deposit): void {
  deposit.stop.abort()
  deposit.state.value = { kind: 'cancelled' }
}

export function retry(deposit: Deposit): void {
  deposit.stop = new AbortController()
  deposit.state.value = { kind: 'waiting' }
}

export function forget(deposit: Deposit): void {
  deposits.value = deposits.value.filter((other) => other !== deposit)
}

export function forgetFinished(): void {
  deposits.value = deposits.value.filter(isPending)
}

/** Forgets everything, for the next person at this screen. */
export function abandonAll(): void {
  for (const deposit of deposits.peek()) deposit.stop.abort()
  deposits.value = []
}

const next = computed(() =>
  deposits.value.find(({ user, state }) => {
    return state.value.kind === 'waiting' && user === session.value?.user
  }),
)
const isSending = signal(false)

/**
 * Starts the queue: it sends whenever somebody is signed in and something waits. Called once.
 *
 * @param onDone told of each deposit made
 * @param onIdle told of all deposits made since the queue was last empty
 */
export function startDepositing(
  onDone: (deposit: Deposit) => void,
  onIdle: (made: readonly Deposit[]) => void,
): void {
  let made: readonly Deposit[] = []
  const noticeDone = (deposit: Deposit) => {
    made = [...made, deposit]
    onDone(deposit)
  }
  effect(() => {
    const deposit = next.value
    const isReady = session.value && !isSessionLost.value
    if (!deposit || !isReady || isSending.value) return
    isSending.value = true
    void send(deposit, noticeDone).finally(() => {
      isSending.value = false
      // The effect has started the next one by now, if there is any.
      if (isSending.peek()) return
      if (made.length > 0) onIdle(made)
      made = []
    })
  })
}

async function send(deposit: Deposit, onDone: (deposit: Deposit) => void): Promise<void> {
  const { state, stop } = deposit
  state.value = { kind: 'sending', share: 0 }
  const form = new FormData()
  form.append('metadata', JSON.stringify({ title: deposit.name }))
  form.append('file', deposit.file, deposit.name)
  try {
    const document = await upload({
      path: addresses.deposit(deposit.vault),
      form,
      shape: documentShape,
      headers: { 'idempotency-key': deposit.key },
      signal: stop.signal,
      onProgress: (sent, total) => {
        if (stop.signal.aborted) return
        state.value =
          sent < total ? { kind: 'sending', share: sent / total } : { kind: 'recording' }
      },
    })
    state.value = { kind: 'done', document }
    onDone(deposit)
  } catch (error) {
    if (stop.signal.aborted) return
    state.value = await stateAfter(error)
  }
}

/**
 * Losing the session is no failure of the file: it waits until somebody has signed in again. A service that refuses an
 * upload early may cut the connection before its answer is read, so that the network seems to have failed.
 */
async function stateAfter(failure: unknown): Promise<DepositState> {
  if (!(failure instanceof Failure)) return { kind: 'failed', failure }
  try {
    if (failure.kind === 'network') await confirmSession()
    else if (failure.isStaleToken) await renewSession()
  } catch (cause) {
    const isLost = cause instanceof Failure && cause.kind === 'session-lost'
    return isLost ? { kind: 'waiting' } : { kind: 'failed', failure }
  }
  const mayGoOn = failure.kind === 'session-lost' || failure.isStaleToken
  return mayGoOn ? { kind: 'waiting' } : { kind: 'failed', failure }
}

function startOf(file: File): DepositState {
  return file.size === 0 ? { kind: 'empty-file' } : { kind: 'waiting' }
}

function queued(vault: string, file: File, state: DepositState): Deposit {
  return {
    key: idempotencyKey(),
    user: session.peek()?.user,
    vault,
    name: file.name,
    sizeBytes: file.size,
    file,
    state: signal(state),
    stop: new AbortController(),
  }
}

// Not `crypto.randomUUID`, which pages served without TLS inside a company's network don't have.
function idempotencyKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
