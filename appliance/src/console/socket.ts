import { dirname, join } from 'node:path'
import type { ApplianceSettings } from '../settings.ts'

/** Beside the agent's socket, in the same short folder. */
export function consoleSocket({ localSocket }: Pick<ApplianceSettings, 'localSocket'>): string {
  return join(dirname(localSocket), 'console.sock')
}
