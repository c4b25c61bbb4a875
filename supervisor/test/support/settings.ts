import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestDatabase } from '@probant/postgres/testing'
import type { Settings } from '../../src/settings.ts'

/** Settings of a centre that runs as a process of its own: home and keys are in `folder`. @returns the file's path */
export async function writeSettings(
  folder: string,
  db: Pick<TestDatabase, 'connection' | 'as'>,
  ports: { http: number; administration: number; ssh: number; mail: number },
  quotas: Settings['quotas'] = {},
): Promise<string> {
  const { socketFolder, port, database, user, password } = db.connection
  const service = db.as('centre_service')
  const host = '127.0.0.1'
  const path = join(folder, 'supervisor.json')
  const settings = {
    centreName: 'centre.test',
    home: join(folder, 'home'),
    database: {
      socketFolder,
      port,
      database,
      owner: { user, password },
      service: { user: service.user, password: service.password },
    },
    listen: { host, port: ports.http },
    administration: { host, port: ports.administration },
    ssh: { host, port: ports.ssh },
    keys: { provider: 'software', folder: join(folder, 'keys') },
    mail: { host, port: ports.mail, from: 'probant@centre.test', secure: false },
    quotas,
    publicUrl: 'http://centre.test',
    portalFolder: null,
  }
  await writeFile(path, JSON.stringify(settings), { mode: 0o600 })
  return path
}
