import {
  Choice,
  Failure,
  formatNumber,
  isSessionLost,
  Link,
  match,
  messageOf,
  Notice,
  Button,
  Page,
  path,
  Progress,
  ResumeSession,
  session,
  sessionEpoch,
  Shell,
  SignInAgain,
  SignInPage,
  Time,
  toast,
  whenReaderChanges,
} from '@probant/web/browser'
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { AccountPage } from './account/account-page.tsx'
import { abandonAll, hasPendingDeposits, startDepositing } from './deposits.ts'
import { DocumentPage } from './document-page.tsx'
import { journalHead, watchJournalHead } from './journal-head.ts'
import { noticeDeposit, VaultPage } from './vault-page.tsx'
import { loadVaults, openVault, vaults, vaultToOpen } from './vaults.ts'
import { words } from './words.ts'

startDepositing(
  ({ vault }) => noticeDeposit(vault),
  (made) => {
    const say = words()
    const [first] = made
    const isSingle = made.length === 1 && first !== undefined
    toast(isSingle ? say.deposited(first.name) : say.depositedMany(formatNumber(made.length)))
  },
)
whenReaderChanges(() => {
  abandonAll()
  vaults.value = undefined
  journalHead.value = undefined
})
addEventListener('beforeunload', (event) => {
  if (hasPendingDeposits.peek()) event.preventDefault()
})

const ways = { acceptsToken: false, acceptsPasskeys: true }

/** The whole portal: who is signed in decides what is shown. */
export function App() {
  const say = words()
  const user = session.value?.user
  return (
    <Shell
      site={say.site}
      navigation={user !== undefined && <VaultChoice />}
      accountPath="/account"
      footer={<HeadLine />}
      mayLeave={() => !hasPendingDeposits.peek() || confirm(words().leaveQuestion)}
    >
      {session.value === undefined && <ResumeSession />}
      {session.value === null && <SignInPage welcome={say.welcome} ways={ways} />}
      {user !== undefined && <SignedIn key={user} />}
      <SignInAgain ways={ways} />
    </Shell>
  )
}

function SignedIn() {
  const say = words()
  const failure = useSignal<unknown>(undefined)
  const load = () => {
    failure.value = undefined
    loadVaults().catch((error: unknown) => {
      failure.value = error
    })
  }
  useEffect(watchJournalHead, [sessionEpoch.value])
  useEffect(() => {
    if (!isSessionLost.peek() && vaults.peek() === undefined) load()
  }, [sessionEpoch.value])
  if (match('/account', path.value)) return <AccountPage />
  if (failure.value !== undefined) {
    const error = failure.value
    const needsFactor = error instanceof Failure && error.told.type === 'second-factor-missing'
    return (
      <Notice tone="alert">
        <p>{messageOf(error)}</p>
        {needsFactor ? (
          <Link to="/account">{say.toAccount}</Link>
        ) : (
          <Button onClick={load}>{say.retry}</Button>
        )}
      </Notice>
    )
  }
  if (vaults.value === undefined) return <Progress label={say.loading} />
  return <Route />
}

function Route() {
  const [vault, id] =
    match('/vaults/:vault/documents/:id', path.value) ?? match('/vaults/:vault', path.value) ?? []
  if (vault !== undefined && id !== undefined) {
    return <DocumentPage key={`${vault}/${id}`} vault={vault} id={id} />
  }
  if (vault !== undefined) return <VaultPage key={vault} id={vault} />
  if (match('/', path.value)) return <Start />
  return <NotFound />
}

function Start() {
  const say = words()
  const first = vaultToOpen(vaults.value ?? [])
  useEffect(() => {
    if (first) openVault(first.id, { replace: true })
  }, [first])
  if (first) return null
  return (
    <Page title={say.noVaultTitle}>
      <p>{say.noVault}</p>
    </Page>
  )
}

function NotFound() {
  const say = words()
  return (
    <Page title={say.notFoundTitle}>
      <p>{say.notFound}</p>
      <p>
        <Link to="/">{say.toStart}</Link>
      </p>
    </Page>
  )
}

function VaultChoice() {
  const known = vaults.value ?? []
  const [current = ''] =
    match('/vaults/:vault/documents/:id', path.value) ?? match('/vaults/:vault', path.value) ?? []
  if (known.length < 2) return null
  return (
    <Choice
      label={words().vault}
      value={current}
      options={known.map(({ id, name }) => ({ value: id, label: name }))}
      onChoose={openVault}
    />
  )
}

function HeadLine() {
  const say = words()
  const head = journalHead.value
  if (!head) return null
  const { size, witnessedSize, witnessedAt, requiredWitnesses, witnesses } = head
  return (
    <p>
      {say.head(formatNumber(size))},{' '}
      {witnessedSize === undefined
        ? say.headUnwitnessed
        : say.headWitnessed(formatNumber(witnessedSize))}
      {witnessedAt !== undefined && (
        <>
          {' '}
          · {say.lastWitnessed} <Time iso={witnessedAt} withSeconds />
        </>
      )}
      {(requiredWitnesses > 1 || witnesses.length > 1) && (
        <>
          {' '}
          · {say.witnessesRequired(formatNumber(requiredWitnesses))}
          {witnesses.map(({ name, size: seen, at }) => (
            <span key={name}>
              {' '}
              · {name}: {formatNumber(seen)}
              {at !== undefined && (
                <>
                  {' '}
                  (<Time iso={at} withSeconds />)
                </>
              )}
            </span>
          ))}
        </>
      )}
    </p>
  )
}
