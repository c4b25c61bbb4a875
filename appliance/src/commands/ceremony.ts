import { guardMemory, readSettings, systemClock, systemRandomness } from '@probant/host'
import type { SheetLanguage } from '@probant/keys'
import { holdCeremony } from '../ceremony/ceremony.ts'
import { terminalDialogue } from '../ceremony/dialogue.ts'
import { consoleOf } from '../console/call.ts'
import { consoleSocket } from '../console/socket.ts'
import { ApplianceSettings } from '../settings.ts'

export interface CeremonyCommandOptions {
  readonly settings: string
  readonly holders?: number
  readonly needed?: number
  readonly sheets?: string
  readonly language: SheetLanguage
  readonly replace?: boolean
  readonly json?: boolean
}

/** `box ceremony`: with the people at the console, and the running service behind its socket. */
export async function ceremony(options: CeremonyCommandOptions): Promise<void> {
  warnOfMemory(guardMemory())
  const settings = await readSettings(ApplianceSettings, options.settings)
  const { holders, needed, language, sheets, replace = false } = options
  const dialogue = terminalDialogue()
  try {
    const held = await holdCeremony(
      {
        dialogue,
        box: consoleOf(consoleSocket(settings), language),
        clock: systemClock,
        randomness: systemRandomness,
      },
      {
        language,
        sheets,
        replace,
        quorum: {
          ...(holders === undefined ? {} : { shares: holders }),
          ...(needed === undefined ? {} : { threshold: needed }),
        },
      },
    )
    if (options.json === true) process.stdout.write(`${JSON.stringify(held)}\n`)
  } finally {
    dialogue.close()
  }
}

/** A secret is about to be in memory; what could not be done about it is said before. */
export function warnOfMemory(shortfalls: readonly string[]): void {
  for (const shortfall of shortfalls) process.stderr.write(`WARNING: ${shortfall}\n`)
}
