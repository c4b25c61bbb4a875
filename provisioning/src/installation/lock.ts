import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { createServer } from 'node:net'
import { ProvisioningError, systemCode } from '../errors.ts'

/**
 * Holds a folder for one process: the kernel's table of abstract Unix sockets (unix(7)) decides, so
 * that a launcher that dies in any way lets go at once and no stale file is ever left.
 * @throws ProvisioningError `already-running` when somebody holds it
 */
export async function lockHome(home: string): Promise<() => Promise<void>> {
  const digest = createHash('sha256')
    .update(await realpath(home))
    .digest('hex')
  const server = createServer((socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(`\0probant-home-${digest.slice(0, 40)}`, resolve)
  }).catch((error: unknown) => {
    if (systemCode(error) !== 'EADDRINUSE') throw error
    throw new ProvisioningError(
      'already-running',
      `Probant already runs on ${home}: stop it there with Ctrl-C first, or choose another folder and other ports with PROBANT_HOME and PROBANT_PORTS.`,
      error,
    )
  })
  server.unref()
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve())
    })
}
