import { readSettings, systemClock, systemRandomness } from '@probant/host'
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
