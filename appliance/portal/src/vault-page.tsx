import {
  Button,
  Failure,
  get,
  LoadedList,
  messageOf,
  Notice,
  Page,
  PagedList,
  sessionEpoch,
} from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import { DepositList } from './deposit-list.tsx'
import { DocumentTable } from './document-table.tsx'
import { DropZone } from './drop-zone.tsx'
import { journalHead } from './journal-head.ts'
import { ProofsDownload } from './proofs-download.tsx'
import type { Vault, VaultDocument } from './service.ts'
import { addresses, documentPage } from './service.ts'
import { mayAdvance } from './state.tsx'
import { loadVault, vaults } from './vaults.ts'
import { words } from './words.ts'

let shown: { vault: string; documents: PagedList<VaultDocument> } | undefined

/** A deposit has just been made: shows it, if its vault is on the screen. */
export function noticeDeposit(vault: string): void {
  if (shown?.vault === vault) void shown.documents.refresh()
}

/** A vault: deposit on top, documents below. */
export function VaultPage({ id }: { id: string }) {
  const say = words()
  const vault = useSignal<Vault | undefined>(undefined)
  const failure = useSignal<unknown>(undefined)
  const documents = useMemo(
    () => new PagedList((cursor) => get(addresses.documents(id, cursor), documentPage)),
    [id],
  )
  useEffect(() => {
    shown = { vault: id, documents }
    return () => {
      shown = undefined
    }
  }, [id, documents])
  useEffect(() => {
    failure.value = undefined
    loadVault(id).then(
      (loaded) => {
        vault.value = loaded
      },
      (error: unknown) => {
        failure.value = error
      },
    )
    void documents.refresh()
  }, [documents, sessionEpoch.value])
  useRefreshWhenWitnessed(documents)

  const name = vault.value?.name ?? vaults.value?.find((known) => known.id === id)?.name
  if (failure.value !== undefined && vault.value === undefined) {
    return (
      <Page title={say.vault}>
        <Notice tone="alert">{messageOf(failure.value)}</Notice>
      </Page>
    )
  }
  const mayDeposit = vault.value?.rights?.includes('deposit') ?? true
  return (
    <Page title={name === undefined ? say.vault : `${say.vault} ${name}`}>
      {mayDeposit ? <DropZone vault={id} /> : <p class="soft">{say.cannotDeposit}</p>}
      <DepositList vault={id} />
      {isForbidden(documents.failure.value) ? (
        <p class="soft">{say.cannotList}</p>
      ) : (
        <section class="card" aria-labelledby="documents">
          <div class="card-head">
            <h2 id="documents">{say.documentsTitle}</h2>
            <Button
              look="quiet"
              isBusy={documents.isLoading.value}
              onClick={() => void documents.refresh()}
            >
              {say.refresh}
            </Button>
          </div>
          <LoadedList list={documents} empty={mayDeposit ? say.noDocuments : say.noDocumentsHere}>
            {(items) => <Documents vault={id} documents={items} />}
          </LoadedList>
        </section>
      )}
    </Page>
  )
}

/** The list, and what can be had for several of its documents at once. */
function Documents({ vault, documents }: { vault: string; documents: readonly VaultDocument[] }) {
  const chosen = useSignal<ReadonlySet<string>>(new Set())
  return (
    <>
      <DocumentTable
        vault={vault}
        documents={documents}
        chosen={chosen.value}
        onChoose={(id, isChosen) => {
          const others = [...chosen.value].filter((each) => each !== id)
          chosen.value = new Set(isChosen ? [...others, id] : others)
        }}
      />
      <ProofsDownload
        vault={vault}
        chosen={chosen.value}
        onForget={() => {
          chosen.value = new Set()
        }}
      />
    </>
  )
}

function isForbidden(failure: unknown): boolean {
  return failure instanceof Failure && failure.status === 403
}

/**
 * Reading a list leaves a trace, which moves the head: only a new countersignature can change what is shown, and only
 * while something shown awaits it.
 */
function useRefreshWhenWitnessed(documents: PagedList<VaultDocument>): void {
  const { witnessedSize, datedSize = 0 } = journalHead.value ?? {}
  useEffect(() => {
    const items = documents.items.peek() ?? []
    if (items.some(({ receipt }) => mayAdvance(receipt.state, datedSize))) void documents.refresh()
  }, [documents, witnessedSize, datedSize])
}
