import { readSettings, systemClock } from '@probant/host'
import { userInfo } from 'node:os'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { consoleOf, type ConsoleCall } from '../console/call.ts'
import { consoleSocket } from '../console/socket.ts'
import { standingSentences } from '../rotation/standing.ts'
import { ApplianceSettings } from '../settings.ts'

const LOOK_EVERY_MS = 500

export interface RotateOptions {
  readonly settings: string
  readonly level?: 'root' | 'vault' | 'all' | undefined
  readonly vault?: string | undefined
  readonly status?: boolean
  readonly now?: boolean
  readonly json?: boolean
}

const Text = Type.Union([Type.String(), Type.Null()])
const Standing = Type.Object({
  epochs: Type.Array(
    Type.Object({
      epoch: Type.Integer(),
      root: Type.String(),
      begunAt: Type.String(),
      formerRoot: Text,
      formerRootUntil: Text,
      endsAt: Text,
    }),
  ),
  ended: Type.Integer(),
  nextEpochAt: Text,
  lastCopyExpires: Text,
  vaults: Type.Integer(),
  generations: Type.Union([Type.Tuple([Type.Integer(), Type.Integer()]), Type.Null()]),
  vaultsBehind: Type.Integer(),
  objectsBehind: Type.Integer(),
  blocked: Type.Array(Type.String()),
})
type Standing = Static<typeof Standing>

/**
 * `box rotate`: asks the service for a rotation and follows it. Cut off, it goes on in the service.
 * @returns 0 when it came to its end, or waits for its time; 1 when something keeps it from going on
 */
export async function rotate(options: RotateOptions): Promise<0 | 1> {
  const settings = await readSettings(ApplianceSettings, options.settings)
  const box = consoleOf(consoleSocket(settings), 'en')
  const standing =
    options.status === true || options.level === undefined
      ? Value.Parse(Standing, await box('GET', '/rotations'))
      : await follow(box, Value.Parse(Standing, await box('POST', '/rotations', bodyOf(options))))
  const lines = [
    ...standingSentences(standing),
    ...standing.blocked.map((why) => `WARNING    ${why}`),
  ]
  process.stdout.write(
    options.json === true ? `${JSON.stringify(standing)}\n` : `${lines.join('\n')}\n`,
  )
  return standing.blocked.length === 0 ? 0 : 1
}

function bodyOf({ level, vault, now }: RotateOptions): object {
  const operator = userInfo().username
  if (level !== 'vault') return { level, now: now === true, operator }
  if (vault === undefined) throw new Error('Name the vault: box rotate vault ID.')
  return { level, vault, operator }
}

/** Until nothing is behind and what is due was destroyed. */
async function follow(box: ConsoleCall, begun: Standing): Promise<Standing> {
  let standing = begun
  let told = ''
  while (isUnderWay(standing) && standing.blocked.length === 0) {
    const say = `${standing.vaultsBehind} vaults, ${standing.objectsBehind} objects still under a former key\n`
    if (say !== told) process.stderr.write(say)
    told = say
    await systemClock.sleep(LOOK_EVERY_MS)
    standing = Value.Parse(Standing, await box('GET', '/rotations'))
  }
  return standing
}

function isUnderWay({ epochs, vaultsBehind }: Standing): boolean {
  const now = systemClock.nowMs()
  const isDue = (time: string | null) => time !== null && Date.parse(time) <= now
  return (
    vaultsBehind > 0 ||
    epochs.some(({ endsAt, formerRootUntil }) => isDue(endsAt) || isDue(formerRootUntil))
  )
}
