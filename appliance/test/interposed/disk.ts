import { syncFolder } from '@probant/host'
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises'
import type { Disk } from '../../src/store/files.ts'
import { around, type Hooks } from './hooks.ts'

const isStaging = (path: string) => path.includes('/store/staging/')

/** The machine's disk with hooks around each call that a deposit makes. */
export function interposedDisk(hooks: Hooks): Disk {
  return {
    open: async (path, flags, mode) => {
      if (!isStaging(path)) return open(path, flags, mode)
      let file: FileHandle | undefined
      try {
        return await around(hooks, 'stage', async () => {
          file = await open(path, flags, mode)
          return interposedFile(file, hooks)
        })
      } catch (error) {
        // an open that fails leaves a name at most, never a descriptor
        await file?.close()
        throw error
      }
    },
    rename: (from, to) => around(hooks, 'rename', () => rename(from, to)),
    makeFolder: (path) => mkdir(path, { mode: 0o700 }),
    syncFolder: (folder) =>
      /\/objects\/[0-9a-f]{2}$/.test(folder)
        ? around(hooks, 'folder-sync', () => syncFolder(folder))
        : syncFolder(folder),
    remove: (path) =>
      around(hooks, isStaging(path) ? 'staging-removal' : 'object-removal', () =>
        rm(path, { force: true, recursive: true }),
      ),
  }
}

/** A staging file whose writes and syncs are hooked. */
function interposedFile(file: FileHandle, hooks: Hooks): FileHandle {
  const writev: FileHandle['writev'] = (...given) =>
    around(hooks, 'write', () => file.writev(...given))
  const sync = () => around(hooks, 'file-sync', () => file.sync())
  return new Proxy(file, {
    get(target, property): unknown {
      if (property === 'writev') return writev
      if (property === 'sync') return sync
      const value: unknown = Reflect.get(target, property, target)
      if (typeof value !== 'function') return value
      // a file's methods want the file itself
      return (...given: unknown[]): unknown => Reflect.apply(value, target, given)
    },
  })
}
