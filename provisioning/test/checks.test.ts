import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { checkDisk, diskRefusal } from '../src/checks/disk.ts'
import { checkModules } from '../src/checks/modules.ts'
import { checkPorts } from '../src/checks/ports.ts'
import { ProvisioningError } from '../src/errors.ts'
import { readLayout, repositoryRoot } from '../src/installation/layout.ts'
import { lockHome } from '../src/installation/lock.ts'
import { freePorts } from './free-ports.ts'

void t.test('a port that is taken is named, with the way out', async (t) => {
  const ports = await freePorts(24_100)
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(ports.ssh, host, resolve))
    await t.rejects(checkPorts(ports), {
      code: 'port-taken',
      message: new RegExp(`^Port ${ports.ssh}, meant for the centre's SSH .*PROBANT_PORTS=\\d+`),
    })
    await new Promise((resolve) => server.close(resolve))
  }
})

void t.test('the environment is read strictly', (t) => {
  for (const text of ['0', 'eighty', '65530', '80.5', '-1'])
    t.throws(() => readLayout({ PROBANT_PORTS: text }, '/'), { code: 'bad-environment' }, text)
  t.equal(readLayout({}, '/').ports.portal, 8080)
  t.equal(readLayout({ PROBANT_HOME: 'x' }, '/tmp').home, '/tmp/x')
  t.equal(readLayout({ PROBANT_HOME: '' }, '/tmp').home, join(repositoryRoot, '.probant'))
  t.end()
})

void t.test('one folder, one launcher', async (t) => {
  const folder = t.testdir({ home: {}, other: t.fixture('symlink', 'home') })
  const [home, otherName] = [join(folder, 'home'), join(folder, 'other')]
  const unlock = await lockHome(home)
  await t.rejects(lockHome(otherName), {
    code: 'already-running',
    message: new RegExp(otherName),
  })
  await unlock()
  await (
    await lockHome(home)
  )()
})

void t.test('a disk without room, or closed, is a sentence', async (t) => {
  const home = t.testdir({ file: '' })
  await checkDisk(join(home, 'new'))
  await t.rejects(
    checkDisk(join(home, 'file', 'below')).catch((error: unknown) => {
      throw error
    }),
    { code: 'not-writable', message: /PROBANT_HOME/ },
  )
  const full = Object.assign(new Error('write'), { code: 'ENOSPC' })
  t.match(await diskRefusal(new Error('while writing', { cause: full }), home), {
    code: 'disk-full',
  })
  const other = new Error('other')
  t.equal(await diskRefusal(other, home), other)
})

void t.test('what is installed is compared with the lock file', async (t) => {
  await checkModules(repositoryRoot)
  const lock = { packages: { '': {}, 'node_modules/pg': { version: '8.23.1' } } }
  const folder = t.testdir({ 'package-lock.json': JSON.stringify(lock) })
  const error: unknown = await checkModules(folder).catch((refusal: unknown) => refusal)
  t.ok(error instanceof ProvisioningError)
  t.match(error, { code: 'incomplete-installation', message: /\(pg\): run npm ci in / })
})
