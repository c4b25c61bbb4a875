import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Who runs the server: PostgreSQL refuses to run as root. */
export interface ServerUser {
  uid: number
  gid: number
  /** False when it is ourselves: an ordinary user started us. */
  isOther: boolean
}

/** "nobody" of every Linux; owns nothing but the data folder. */
const UNPRIVILEGED = 65534

export function serverUser(): ServerUser {
  const uid = process.getuid?.() ?? UNPRIVILEGED
  const gid = process.getgid?.() ?? UNPRIVILEGED
  return uid === 0
    ? { uid: UNPRIVILEGED, gid: UNPRIVILEGED, isOther: true }
    : { uid, gid, isOther: false }
}

/** Whether the user may pass through every folder above `path`; access lists are not consulted. */
export async function canReach(user: ServerUser, path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const { uid, gid, mode } = await stat(folder)
    const needed = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001
    if ((mode & needed) === 0) return false
    if (folder === dirname(folder)) return true
  }
}
