import type { Server } from '@probant/web'
import { chmod, rm } from 'node:fs/promises'

/**
 * Serves at a Unix socket that the box's own user alone can open, in the place of one that an earlier process left.
 * @returns what ends it, with the requests under way
 */
export async function listenAt(server: Server, path: string): Promise<{ close(): Promise<void> }> {
  await rm(path, { force: true })
  await server.listen({ path })
  await chmod(path, 0o600)
  return {
    close: async () => {
      await server.close()
    },
  }
}
