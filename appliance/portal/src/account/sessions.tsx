import { Badge, Button, messageOf, Table, Time, toast } from '@probant/web/browser'
import { endSession, type Account } from './account.ts'
import { factorWords, words } from './words.ts'

interface SessionsProps {
  sessions: Account['sessions']
  onDone: () => Promise<void>
}

/** Where the reader is signed in; each can be ended from here. */
export function Sessions({ sessions, onDone }: SessionsProps) {
  const say = words()
  const names = factorWords()
  const end = (id: string) => {
    endSession(id)
      .then(async () => {
        toast(words().ended)
        await onDone()
      })
      .catch((error: unknown) => toast(messageOf(error)))
  }
  const program = ({ client }: Account['sessions'][number]) => programOf(client, say.unknownProgram)
  return (
    <section class="card">
      <h2>{say.sessionsTitle}</h2>
      <Table
        caption={say.sessionsCaption}
        rows={sessions}
        keyOf={({ id }) => id}
        columns={[
          { title: say.program, isRowHeader: true, cell: program },
          {
            title: say.factors,
            cell: ({ factors }) => factors.map((factor) => names[factor]).join(', '),
          },
          { title: say.opened, cell: ({ createdAt }) => <Time iso={createdAt} /> },
          { title: say.ends, cell: ({ expiresAt }) => <Time iso={expiresAt} /> },
          {
            title: say.end,
            cell: (session) =>
              session.isCurrent ? (
                <Badge tone="neutral">{say.current}</Badge>
              ) : (
                <Button
                  aria-label={say.endOf(program(session))}
                  onClick={() => {
                    end(session.id)
                  }}
                >
                  {say.end}
                </Button>
              ),
          },
        ]}
      />
      {sessions.length > 1 && (
        <div class="actions">
          <Button
            onClick={() => {
              end('others')
            }}
          >
            {say.endOthers}
          </Button>
        </div>
      )}
    </section>
  )
}

/** Browser and system out of what a program calls itself, as far as they are told plainly. */
function programOf(client: string, unknown: string): string {
  const browser = /(Firefox|Edg|Chrome|Safari)\/\d+/.exec(client)?.[1]?.replace('Edg', 'Edge')
  const system = /(Windows|Android|iPhone|iPad|Mac OS X|Linux)/.exec(client)?.[1]
  return [browser ?? (client || unknown), system].filter((part) => part !== undefined).join(', ')
}
