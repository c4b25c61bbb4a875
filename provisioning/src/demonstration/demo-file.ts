import { rm } from 'node:fs/promises'
import { writeDurably } from '@probant/host'
import { homePaths, type Layout } from '../installation/layout.ts'
import type { State } from '../installation/state.ts'

export type Pids = Partial<Record<'appliance' | 'agent' | 'supervisor' | 'postgres', number>>

/** The addresses a person types; `localhost` because passkeys refuse IP addresses. */
export function addresses({ ports }: Layout) {
  const at = (port: number) => `http://localhost:${port}`
  return {
    portal: at(ports.portal),
    api: `${at(ports.portal)}/api/v1`,
    admin: at(ports.administration),
    supervision: at(ports.supervision),
    supervisionApi: `${at(ports.supervision)}/api/v1`,
  }
}

/**
 * Keeps `demo.json`, which scripts wait for: it exists only while the installation is ready, and is
 * replaced as a whole whenever a part got another pid. One writing at a time, the newest pids last.
 */
export class DemoFile {
  readonly #layout: Layout
  readonly #pids: Pids = {}
  #state: State | undefined
  #writing: Promise<void> = Promise.resolve()

  constructor(layout: Layout) {
    this.#layout = layout
  }

  /** From here on the file exists. */
  publish(state: State): Promise<void> {
    this.#state = state
    return this.#write()
  }

  notePid(name: string, pid: number): Promise<void> {
    if (isPart(name)) this.#pids[name] = pid
    return this.#state === undefined ? Promise.resolve() : this.#write()
  }

  async withdraw(): Promise<void> {
    this.#state = undefined
    await this.#writing
    await rm(homePaths(this.#layout.home).demo, { force: true })
  }

  #write(): Promise<void> {
    const next = this.#writing.then(async () => {
      if (this.#state === undefined) return
      const text = `${JSON.stringify(this.#content(this.#state), undefined, 2)}\n`
      await writeDurably(homePaths(this.#layout.home).demo, text, 0o600)
    })
    this.#writing = next.catch(() => undefined)
    return next
  }

  #content({ demo, box, centre }: State) {
    const paths = homePaths(this.#layout.home)
    return {
      ...addresses(this.#layout),
      mail: paths.mail,
      token: demo.tokens['staff'],
      auditorToken: demo.tokens['auditor'],
      adminToken: box?.adminToken,
      supervisionToken: centre?.supervisionToken,
      vault: demo.vault,
      anchors: paths.anchors,
      pids: this.#pids,
      users: demo.users.map(({ user, name, password, roles }) => ({ user, name, password, roles })),
      /** Who signs in to the supervision centre's pages. */
      operator: centre?.operator,
      documents: demo.documents,
    }
  }
}

function isPart(name: string): name is keyof Pids {
  return ['appliance', 'agent', 'supervisor', 'postgres'].includes(name)
}
