import type { Connection } from './library/connection.ts'
import { readHandles } from './wire/capability.ts'

const CAP_HANDLES = 1
const MOST = 32
const TRANSIENT_OBJECTS = 0x80000000
const LOADED_SESSIONS = 0x02000000

/** Flushes what a process that was killed left in a TPM without a resource manager; whoever has an exclusive connection is alone. */
export async function flushLeftovers(connection: Connection): Promise<void> {
  for (const first of [TRANSIENT_OBJECTS, LOADED_SESSIONS]) {
    const [, capability] = await connection.command(
      'GetCapability',
      [],
      [],
      [CAP_HANDLES, first, MOST],
    )
    if (!(capability instanceof Uint8Array)) continue
    for (const handle of readHandles(capability)) {
      await connection.flush(await connection.existing(handle))
    }
  }
}
