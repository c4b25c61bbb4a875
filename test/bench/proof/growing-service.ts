import { parseArgs } from 'node:util'
import { createLogger, readSettings } from '@probant/host'
import type { Act } from '../../../appliance/src/journal/act.ts'
import { serve } from '../../../appliance/src/service.ts'
import { ApplianceSettings } from '../../../appliance/src/settings.ts'

/** The vault service, and a crowd that acts in it until its journal has as many traces as this process’s channel says. */
const ACTS_AT_ONCE = 2048
const act: Act = { act: 'count', outcome: 'done', data: { objects: 1 } }

const { values } = parseArgs({ options: { settings: { type: 'string', default: '' } } })
const settings = await readSettings(ApplianceSettings, values.settings)
const { box } = await serve({ settings, log: createLogger({ component: 'appliance' }) })

process.on('message', (traces) => {
  void growTo(Number(traces)).then(() => process.send?.('grown'))
})

async function growTo(traces: number): Promise<void> {
  let left = traces - box.journal.size
  const actor = async () => {
    while (left > 0) {
      left -= 1
      await box.journal.record(act)
    }
  }
  await Promise.all(Array.from({ length: ACTS_AT_ONCE }, actor))
}
