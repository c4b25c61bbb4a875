/**
 * The vault service as it is, with a key that doesn't sign while the file `failing` in the box's folder names it: `failing-service.ts
 * SETTINGS`. Its time runs fifty times as fast. Tells its parent the ports when it is ready.
 */
import { createLogger, readSettings, systemClock, systemRandomness } from '@probant/host'
import { openProvider } from '@probant/keys'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { serve } from '../../src/service.ts'
import { ApplianceSettings } from '../../src/settings.ts'
import { quickClock } from '../interposed/clock.ts'
import { withSigning } from '../interposed/keys.ts'

process.on('disconnect', () => process.exit(0))
const settings = await readSettings(ApplianceSettings, process.argv[2] ?? '')
const real = await openProvider(settings.keys, systemRandomness)
const { api, administrationPort } = await serve({
  settings,
  log: createLogger({ component: 'appliance' }),
  clock: { ...quickClock, monotonicMs: () => systemClock.monotonicMs() * 50 },
  keys: withSigning(real, async (ref, message) => {
    const failing = await readFile(join(settings.home, 'failing'), 'utf8').catch(() => '')
    if (failing === ref.label) throw new Error('the device is away')
    return real.sign(ref, message)
  }),
})
const address = api.server.address()
process.send?.({
  port: typeof address === 'object' && address !== null ? address.port : 0,
  administrationPort,
})
