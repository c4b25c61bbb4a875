import { spawnSync } from 'node:child_process'
import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { PostgresError } from '../errors.ts'
import { canReach, type ServerUser } from './privileges.ts'

/** Folders as the server sees them. */
export interface View {
  binaries: string
  data: string
}

/** How to run a server program as the right user, seeing its folders. */
export interface Launcher {
  view: View
  /** Program, arguments and spawn options for `program` of the server's bin folder. */
  launch(program: string, args: string[]): Launch
}

interface Launch {
  file: string
  args: string[]
  options: { uid?: number; gid?: number }
}

/** Bind mounts `$1` on `$2` and `$3` on `$4`, gives root up for good, and becomes the program. */
const ENTER = `set -e
mount --bind "$1" "$2"
mount --bind "$3" "$4"
uid="$5" gid="$6"
shift 6
exec setpriv --reuid="$uid" --regid="$gid" --clear-groups --no-new-privs --pdeathsig INT -- "$@"`

/**
 * Chooses how the server runs: as it is, or, when its uid can't pass through a folder above the
 * binaries or the data (a clone under /root), in a private mount namespace where both are bound
 * below `mountFolder`. Nothing of it is visible outside, and nothing is left when it ends.
 * @throws PostgresError `cluster` when the kernel or the container refuses such a namespace
 */
export async function chooseLauncher(
  user: ServerUser,
  real: View,
  mountFolder: string,
): Promise<Launcher> {
  const reachable = (await canReach(user, real.binaries)) && (await canReach(user, real.data))
  if (!user.isOther || reachable) return direct(user, real)
  refuseWithoutNamespaces(real)
  const view = { binaries: join(mountFolder, 'server'), data: join(mountFolder, 'data') }
  for (const folder of [view.binaries, view.data]) {
    await mkdir(folder, { recursive: true })
    await chmod(folder, 0o755)
  }
  return namespaced(user, real, view)
}

function direct(user: ServerUser, view: View): Launcher {
  // with its parent's death the server shuts down fast rather than outlive it; where setpriv is
  // missing or old, the next start finds and stops what was left
  const setpriv = spawnSync('setpriv', ['--pdeathsig', 'INT', '--', 'true']).status === 0
  const options = user.isOther ? { uid: user.uid, gid: user.gid } : {}
  return {
    view,
    launch(program, args) {
      const file = join(view.binaries, 'bin', program)
      return setpriv
        ? { file: 'setpriv', args: ['--pdeathsig', 'INT', '--', file, ...args], options }
        : { file, args, options }
    },
  }
}

function namespaced(user: ServerUser, real: View, view: View): Launcher {
  const mounts = [real.binaries, view.binaries, real.data, view.data]
  const ids = [String(user.uid), String(user.gid)]
  return {
    view,
    launch(program, args) {
      const inside = ['sh', '-c', ENTER, 'sh', ...mounts, ...ids]
      const file = join(view.binaries, 'bin', program)
      return {
        file: 'unshare',
        args: ['--mount', '--propagation', 'private', '--', ...inside, file, ...args],
        options: {},
      }
    },
  }
}

function refuseWithoutNamespaces(real: View): void {
  const probe = spawnSync(
    'unshare',
    ['--mount', '--propagation', 'private', '--', 'mount', '--bind', '/', '/'],
    { encoding: 'utf8' },
  )
  if (probe.status === 0) return
  throw new PostgresError(
    'cluster',
    `PostgreSQL can't run as root, and the unprivileged user that it runs as can't reach ` +
      `${real.binaries} or ${real.data}; a private mount namespace was refused ` +
      `(${(probe.error?.message ?? probe.stderr).trim()}). Move the clone to a folder that ` +
      'everyone may pass through, such as /opt or /srv, and set PROBANT_HOME there too if you use it',
  )
}
