import { parseArgs } from 'node:util'
import { createLogger, readSettings } from '@probant/host'
import { openProvider } from '@probant/keys'
import { delayedProvider } from '@probant/keys/testing'
import { serve } from '../../../appliance/src/service.ts'
import { ApplianceSettings } from '../../../appliance/src/settings.ts'

/** The vault service over keys that take as long as the bench says, over this process's channel. */
const { values } = parseArgs({ options: { settings: { type: 'string', default: '' } } })
const settings = await readSettings(ApplianceSettings, values.settings)
const delays = { signMs: 0 }
process.on('message', (signMs) => {
  if (typeof signMs === 'number') delays.signMs = signMs
})
const keys = delayedProvider(await openProvider(settings.keys), delays)
await serve({ settings, log: createLogger({ component: 'appliance' }), keys })
