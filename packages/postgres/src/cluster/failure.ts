import { PostgresError } from '../errors.ts'

/** What the server's output means for whoever started it, first match first. */
const EXPLANATIONS: [RegExp, string][] = [
  [/No space left on device|disk full/i, 'the disk is full: free some space and start again'],
  [/Disk quota exceeded/i, 'the disk quota is used up: free some space and start again'],
  [
    /Read-only file system/i,
    'the folder is on a read-only file system: set PROBANT_HOME elsewhere',
  ],
  [
    /could not (resize|create|open) shared memory|Cannot allocate memory|could not map anonymous/i,
    'not enough memory, or /dev/shm is too small: give the machine or container more',
  ],
  [
    /could not look up effective user ID/i,
    'PostgreSQL wants the user to have a name: add a line for it to /etc/passwd, or start as another',
  ],
  [/Permission denied/i, 'a folder is closed to the user that the server runs as'],
  [
    /error while loading shared libraries: (\S+)/i,
    'a system library is missing (libstdc++6 and libc6 of Debian are needed)',
  ],
  [/EPERM|EINVAL/, "the server's unprivileged user can't be used here: start as an ordinary user"],
]

/** One sentence with a way out, then the last lines of what the program said. */
export function explainFailure(
  program: string,
  output: string,
  failure: Error | number | NodeJS.Signals | null,
): PostgresError {
  const said = failure instanceof Error ? `${failure.message}\n${output}` : output
  const explanation = EXPLANATIONS.find(([pattern]) => pattern.test(said))?.[1]
  const how = failure instanceof Error ? failure.message : `ended with ${failure ?? 'no status'}`
  const lines = output.trim().split('\n').slice(-5).join('\n')
  return new PostgresError(
    'cluster',
    [`PostgreSQL's ${program} ${how}`, explanation, lines].filter(Boolean).join(': '),
    failure instanceof Error ? failure : undefined,
  )
}
