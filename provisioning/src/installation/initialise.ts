import { execFile } from 'node:child_process'
import { appendFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { ProvisioningError } from '../errors.ts'

const run = promisify(execFile)

/**
 * Runs a component's `initialise` (migrations, keys, first administrator), which may be run again
 * after it was cut off, and reads the identity that it prints as JSON on its last line.
 */
export async function initialise<Schema extends TSchema>(
  schema: Schema,
  component: {
    name: string
    entry: string
    settings: string
    /** Further words for it. */
    given?: readonly string[]
    log: string
    interrupted: AbortSignal
  },
): Promise<Static<Schema>> {
  const { name, entry, settings, given = [], log, interrupted } = component
  const failed = (why: string, cause?: unknown) =>
    new ProvisioningError(
      'part-failed',
      `The ${name} can't be initialised (${why}): its log ${log} tells more.`,
      cause,
    )
  const output = await run(process.execPath, [entry, '--settings', settings, ...given], {
    maxBuffer: 16 * 1024 * 1024,
    signal: interrupted,
  }).catch(async (error: unknown) => {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
    await appendFile(log, said, { mode: 0o600 })
    throw failed(faultIn(said), error)
  })
  const line = lastLine(output.stdout)
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw failed('it printed no JSON', error)
  }
  if (Value.Check(schema, value)) return value
  const faults = Value.Errors(schema, value).map(
    ({ instancePath, message }) => `${instancePath} ${message}`,
  )
  throw failed(`what it printed lacks something: ${faults.join('; ')}`)
}

function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1) ?? ''
}

/** Node ends a stack with its own version; the line that says what happened stands further up. */
function faultIn(said: string): string {
  const lines = said.split('\n')
  const fault = lines.find((line) => /^(\w*Error\b|\{.*"level":"(error|fatal)")/.test(line))
  return fault ?? (lastLine(said) || 'it ended without a word')
}
