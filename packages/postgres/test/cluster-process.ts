import { createLogger } from '@probant/host'
import { startCluster } from '../src/index.ts'

/*
 * A starter in a process of its own, for tests that kill it or run it elsewhere: starts a cluster on
 * the folder given, prints what it is (or why it isn't) as one JSON line, stops it at SIGTERM.
 */
const [dataFolder = '', durable] = process.argv.slice(2)
try {
  const cluster = await startCluster({
    dataFolder,
    isDurable: durable === 'durable',
    log: createLogger({ component: 'test', level: 'silent' }),
  })
  process.once('SIGTERM', () => void cluster.stop().then(() => process.exit(0)))
  console.log(JSON.stringify({ pid: cluster.pid, superuser: cluster.superuser() }))
} catch (error) {
  console.log(JSON.stringify({ error: String(error) }))
  process.exit(1)
}
