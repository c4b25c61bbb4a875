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
import { AttestationPage } from './attestation/attestation-page.tsx'
import { AlertJournalPage } from './alert-journal-page.tsx'
import { alerts, openAlerts } from './alerts.ts'
import { AlertsPage } from './alerts-page.tsx'
import { ConfirmPage } from './confirm-page.tsx'
import { BoxPage } from './box-page.tsx'
import { ContactsPage } from './contacts/contacts-page.tsx'
import { EnrolmentPage } from './enrolment/enrolment-page.tsx'
import { FindingPage } from './finding/finding-page.tsx'
import { FleetPage } from './fleet-page.tsx'
import { useLive } from './live.ts'
import { MaintenancePage } from './maintenance/maintenance-page.tsx'
import { SchedulePage } from './schedules/schedule-page.tsx'
import { SchedulesPage } from './schedules/schedules-page.tsx'
import { TimelinePage } from './timeline/timeline-page.tsx'
import { words } from './words.ts'

whenReaderChanges(() => alerts.clear())

const ways = { acceptsToken: true, acceptsPasskeys: false }

/** The supervision pages: who is signed in decides what is shown. */
export function App() {
  const say = words()
  const user = session.value?.user
  // Whoever got a message answers it without signing in.
  const answered = match('/acknowledge', path.value) ? (
    <AcknowledgePage />
  ) : match('/confirm-contact', path.value) ? (
    <ConfirmPage what="contact" />
  ) : match('/confirm-test', path.value) ? (
    <ConfirmPage what="test" />
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
      {session.value === null && <SignInPage welcome={say.welcome} ways={ways} />}
      {user !== undefined && <SignedIn key={user} />}
      <SignInAgain ways={ways} />
    </Shell>
  )
}

function SignedIn() {
  useLive(alerts)
  useAnnouncedAlerts()
  const at = path.value
  const [box, finding] = match('/boxes/:box/findings/:finding', at) ?? []
  if (box !== undefined && finding !== undefined)
    return <FindingPage key={finding} box={box} id={finding} />
  for (const [pattern, Shown] of boxPages) {
    const [id] = match(pattern, at) ?? []
    if (id !== undefined) return <Shown key={id} id={id} />
  }
  const section = sections.find(({ to }) => match(to, at))
  if (section) return <section.Shown />
  return <NotFound />
}

const boxPages = [
  ['/boxes/:box', BoxPage],
  ['/boxes/:box/timeline', TimelinePage],
  ['/boxes/:box/schedule', SchedulePage],
  ['/boxes/:box/attestation', AttestationPage],
] as const

const sections = [
  { to: '/', name: 'fleet', Shown: FleetPage },
  { to: '/alerts', name: 'alerts', Shown: AlertsPage },
  { to: '/alert-journal', name: 'alertJournal', Shown: AlertJournalPage },
  { to: '/contacts', name: 'contacts', Shown: ContactsPage },
  { to: '/schedules', name: 'schedules', Shown: SchedulesPage },
  { to: '/maintenance', name: 'maintenance', Shown: MaintenancePage },
  { to: '/enrolment', name: 'enrolment', Shown: EnrolmentPage },
] as const

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
  const at = path.value
  return (
    <nav class="navigation" aria-label={say.navigation}>
      {sections.map(({ to, name }) => (
        <Link key={to} to={to} isCurrent={at === to || (to === '/' && at.startsWith('/boxes/'))}>
          {say[name]}
          {name === 'alerts' && count > 0 && (
            <span class="count" title={say.openCount(formatNumber(count))}>
              {formatNumber(count)}
            </span>
          )}
        </Link>
      ))}
    </nav>
  )
}
