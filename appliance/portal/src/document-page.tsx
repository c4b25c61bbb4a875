import {
  formatSize,
  formatNumber,
  get,
  Link,
  messageOf,
  Notice,
  Page,
  Progress,
  session,
  sessionEpoch,
  Time,
} from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { DocumentJournal } from './document-journal.tsx'
import { DocumentFiles } from './document-files.tsx'
import { DownloadButton } from './download-button.tsx'
import { formatName } from './formats.ts'
import { IntegrityCheck } from './integrity-check.tsx'
import { journalHead } from './journal-head.ts'
import type { VaultDocument } from './service.ts'
import { addresses, documentShape } from './service.ts'
import { mayAdvance, StateExplained } from './state.tsx'
import { words } from './words.ts'

/** One document: what it is, how far its proof has got, and what can be done with it. */
export function DocumentPage({ vault, id }: { vault: string; id: string }) {
  const say = words()
  const document = useSignal<VaultDocument | undefined>(undefined)
  const failure = useSignal<unknown>(undefined)
  const load = () => {
    get(addresses.document(vault, id), documentShape).then(
      (loaded) => {
        document.value = loaded
        failure.value = undefined
      },
      (error: unknown) => {
        failure.value = error
      },
    )
  }
  useEffect(load, [vault, id, sessionEpoch.value])
  const { witnessedSize, datedSize = 0 } = journalHead.value ?? {}
  useEffect(() => {
    // Reading the document's details leaves a trace: only done when they may have changed.
    const state = document.peek()?.receipt.state
    if (state !== undefined && mayAdvance(state, datedSize)) load()
  }, [witnessedSize, datedSize])

  const shown = document.value
  return (
    <>
      <Link class="breadcrumb" to={`/vaults/${vault}`}>
        ← {say.back}
      </Link>
      {shown === undefined && failure.value === undefined && <Progress label={say.loading} />}
      {failure.value !== undefined && (
        <Unavailable isWhole={shown === undefined} failure={failure.value} />
      )}
      {shown && (
        <Page title={shown.title ?? say.untitled(id)}>
          <Facts document={shown} />
          <Proof document={shown} />
          <IntegrityCheck vault={vault} id={id} />
          <DocumentJournal vault={vault} id={id} />
        </Page>
      )}
    </>
  )
}

function Unavailable({ isWhole, failure }: { isWhole: boolean; failure: unknown }) {
  const notice = <Notice tone="alert">{messageOf(failure)}</Notice>
  return isWhole ? <Page title={words().factsTitle}>{notice}</Page> : notice
}

function Facts({ document }: { document: VaultDocument }) {
  const say = words()
  const { vault, id, title, size, mediaType, depositedAt, depositor } = document
  return (
    <section class="card" aria-labelledby="facts">
      <h2 id="facts">{say.factsTitle}</h2>
      <dl class="facts">
        <dt>{say.depositedAt}</dt>
        <dd>
          <Time iso={depositedAt} withSeconds />
        </dd>
        {depositor !== undefined && (
          <>
            <dt>{say.depositor}</dt>
            <dd>
              {depositor === session.value?.id ? session.value.name : <code>{depositor}</code>}
            </dd>
          </>
        )}
        <dt>{say.size}</dt>
        <dd title={`${formatNumber(size)} o`}>{formatSize(size)}</dd>
        {mediaType !== undefined && (
          <>
            <dt>{say.kind}</dt>
            <dd title={mediaType}>{formatName(mediaType)}</dd>
          </>
        )}
        <dt>{say.identifier}</dt>
        <dd>
          <code>{id}</code>
        </dd>
      </dl>
      {/* Who may not know the title may not have the content either. */}
      {title !== undefined && document.files !== undefined && (
        <DocumentFiles document={document} files={document.files} />
      )}
      {title !== undefined && document.files === undefined && (
        <div class="actions">
          <DownloadButton
            label={say.download}
            path={addresses.content(vault, id)}
            name={title}
            sizeBytes={size}
          />
        </div>
      )}
    </section>
  )
}

function Proof(props: { document: VaultDocument }) {
  const { vault, id, size, digests, receipt, seal } = props.document
  const say = words()
  return (
    <section class="card" aria-labelledby="proof">
      <h2 id="proof">{say.proofTitle}</h2>
      <StateExplained state={receipt.state} />
      <p>{say.proofWords}</p>
      {seal !== undefined && (
        <dl class="facts">
          <dt>{say.sealedBy}</dt>
          <dd title={say.certifiedBy(seal.issuer)}>{seal.subject}</dd>
        </dl>
      )}
      <div class="actions">
        <DownloadButton
          look="primary"
          label={say.downloadProof}
          path={addresses.proof(vault, id)}
          name={`preuve-${id}.zip`}
          sizeBytes={size}
        />
      </div>
      <details>
        <summary>{say.fingerprints}</summary>
        <p>{say.fingerprintsWords}</p>
        <dl class="facts">
          <dt>SHA-256</dt>
          <dd>
            <code>{digests.sha256}</code>
          </dd>
          <dt>SHA3-256</dt>
          <dd>
            <code>{digests['sha3-256']}</code>
          </dd>
        </dl>
      </details>
    </section>
  )
}
