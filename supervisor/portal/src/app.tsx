import {
  formatNumber,
  Link,
  match,
  Page,
  path,
  ResumeSession,
  session,
  Shell,
  SignInAgain,
  SignInPage,
  toast,
  whenReaderChanges,
} from '@probant/web/browser'
import { useEffect, useRef } from 'preact/hooks'
import { AcknowledgePage } from './acknowledge-page.tsx'
import { AlertJournalPage } from './alert-journal-page.tsx'
import { alerts, openAlerts } from './alerts.ts'
import { AlertsPage } from './alerts-page.tsx'
import { ConfirmContactPage } from './confirm-contact-page.tsx'
import { BoxPage } from './box-page.tsx'
import { FleetPage } from './fleet-page.tsx'
import { useLive } from './live.ts'
import { words } from './words.ts'

whenReaderChanges(() => alerts.clear())

/** The supervision pages: who is signed in decides what is shown. */
export function App() {
  const say = words()
  const user = session.value?.user
  // Whoever got a message answers it without signing in.
  const answered = match('/acknowledge', path.value) ? (
    <AcknowledgePage />
  ) : match('/confirm-contact', path.value) ? (
    <ConfirmContactPage />
  ) : undefined
  if (answered !== undefined) {
    return (
      <Shell site={say.site} navigation={false}>
        {answered}
      </Shell>
    )
  }
  return (
    <Shell site={say.site} navigation={user !== undefined && <Navigation />}>
      {session.value === undefined && <ResumeSession />}
      {session.value === null && <SignInPage welcome={say.welcome} acceptsToken />}
      {user !== undefined && <SignedIn key={user} />}
      <SignInAgain acceptsToken />
    </Shell>
  )
}

function SignedIn() {
  useLive(alerts)
  useAnnouncedAlerts()
  const [box] = match('/boxes/:box', path.value) ?? []
  if (box !== undefined) return <BoxPage key={box} id={box} />
  if (match('/', path.value)) return <FleetPage />
  if (match('/alerts', path.value)) return <AlertsPage />
  if (match('/alert-journal', path.value)) return <AlertJournalPage />
  return <NotFound />
}

/** An operator who looks elsewhere hears of a new alert, once per refresh however many there are. */
function useAnnouncedAlerts(): void {
  const known = useRef<number | undefined>(undefined)
  const count = openAlerts.value
  useEffect(() => {
    if (count === undefined) return
    if (known.current !== undefined && count > known.current) {
      toast(words().newAlerts(formatNumber(count)))
    }
    known.current = count
  }, [count])
}

function NotFound() {
  const say = words()
  return (
    <Page title={say.notFoundTitle}>
      <p>{say.notFound}</p>
      <p>
        <Link to="/">{say.toFleet}</Link>
      </p>
    </Page>
  )
}

function Navigation() {
  const say = words()
  const count = openAlerts.value ?? 0
  const isFleet = path.value === '/' || path.value.startsWith('/boxes/')
  return (
    <nav class="navigation" aria-label={say.navigation}>
      <Link to="/" isCurrent={isFleet}>
        {say.fleet}
      </Link>
      <Link to="/alerts" isCurrent={path.value === '/alerts'}>
        {say.alerts}
        {count > 0 && (
          <span class="count" title={say.openCount(formatNumber(count))}>
            {formatNumber(count)}
          </span>
        )}
      </Link>
      <Link to="/alert-journal" isCurrent={path.value === '/alert-journal'}>
        {say.alertJournal}
      </Link>
    </nav>
  )
}
