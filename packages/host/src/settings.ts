import { readFile } from 'node:fs/promises'
import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { HostError } from './errors.ts'
import { firstUnknownKey } from './unknown-keys.ts'

/**
 * Reads a component's settings file: JSON that matches `schema`, nothing missing, nothing unknown.
 * @throws HostError `settings-unreadable` (no such file, not JSON) or `settings-invalid`; the message
 * names the file, the key's path and, for an unknown key, the nearest known one. It never quotes a
 * value, since settings hold passwords.
 */
export async function readSettings<Schema extends TSchema>(
  schema: Schema,
  path: string,
): Promise<Static<Schema>> {
  return checkSettings(schema, await readJson(path), path)
}

/** The same checks on a value already in memory; `source` names it in messages. */
export function checkSettings<Schema extends TSchema>(
  schema: Schema,
  value: unknown,
  source: string,
): Static<Schema> {
  const unknown = firstUnknownKey(schema, value)
  if (unknown !== undefined) {
    const hint = unknown.nearest === undefined ? '' : `; did you mean ${unknown.nearest}?`
    throw new HostError('settings-invalid', `${source}: unknown key ${unknown.path}${hint}`)
  }
  const validator = Compile(schema)
  if (validator.Check(value)) return value
  const faults = validator
    .Errors(value)
    .map(({ instancePath, message }) => `${dotted(instancePath)} ${message}`)
  throw new HostError('settings-invalid', `${source}: ${[...new Set(faults)].join('; ')}`)
}

async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new HostError('settings-unreadable', `cannot read the settings file ${path}`, error)
  })
  try {
    return JSON.parse(text)
  } catch {
    // the parser's message quotes the text around the fault, which may be a password
    throw new HostError('settings-unreadable', `${path} is not JSON`)
  }
}

function dotted(instancePath: string): string {
  return instancePath === '' ? 'the whole file' : instancePath.slice(1).replaceAll('/', '.')
}
