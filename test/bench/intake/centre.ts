import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createLogger, systemRandomness } from '@probant/host'
import { startCluster } from '@probant/postgres'
import { CentreProcess, initialiseCentre } from '../../../supervisor/test/support/process.ts'

/** A supervision centre in a process of its own, on a database that syncs as in service. */
export interface BenchCentre {
  readonly sshPort: number
  /** Enrols a box with its agent's key. */
  enrol(box: { boxId: string; origin: string; journalKey: string; agentKey: string }): Promise<void>
  stop(): Promise<void>
}

const host = '127.0.0.1'
const log = createLogger({ component: 'bench', level: 'error' })

/** Starts a centre under `folder`, which must be on the disk that is to be measured. */
export async function startCentre(folder: string): Promise<BenchCentre> {
  const home = await mkdtemp(join(folder, 'probant-bench-'))
  const password = systemRandomness.uuid()
  const dataFolder = join(home, 'postgres')
  const cluster = await startCluster({ dataFolder, superuserPassword: password, log })
  for (const role of ['centre_owner', 'centre_service']) await cluster.createRole(role, password)
  await cluster.createDatabase('centre', { owner: 'centre_owner', users: ['centre_service'] })
  const settings = join(home, 'settings.json')
  const { socketFolder, port } = cluster
  const written = {
    centreName: 'centre.bench',
    home: join(home, 'centre'),
    database: {
      ...{ socketFolder, port, database: 'centre' },
      owner: { user: 'centre_owner', password },
      service: { user: 'centre_service', password },
    },
    listen: { host, port: 0 },
    administration: { host, port: 0 },
    ssh: { host, port: 0 },
    keys: { provider: 'software', folder: join(home, 'keys') },
    mail: { host, port: 1, from: 'bench@centre.bench', secure: false },
    publicUrl: 'http://centre.bench',
    portalFolder: null,
  }
  await writeFile(settings, JSON.stringify(written), { mode: 0o600 })
  const { supervisionToken } = await initialiseCentre(settings)
  const profile = process.env['BENCH_PROFILE']
  const options = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const centre = await CentreProcess.start(settings, options)
  return {
    sshPort: centre.ports.ssh,
    async enrol({ boxId, origin, journalKey, agentKey }) {
      const schedule = {
        heads: null,
        window: { start: '22:00', end: '05:00' },
        timeZone: 'Europe/Paris',
        graceMinutes: 60,
      }
      const answer = await fetch(`http://${host}:${centre.ports.http}/api/v1/enrolments`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${supervisionToken}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ boxId, name: boxId, origin, journalKey, agentKey, schedule }),
      })
      if (!answer.ok) throw new Error(`${boxId}: ${answer.status} ${await answer.text()}`)
      await answer.arrayBuffer()
    },
    async stop() {
      await centre.end('SIGTERM')
      await cluster.stop()
      await rm(home, { recursive: true })
    },
  }
}
