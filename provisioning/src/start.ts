import { systemClock } from '@probant/host'
import { diskRefusal } from './checks/disk.ts'
import { Progress } from './console/progress.ts'
import { readyLines } from './console/ready.ts'
import { sentenceOf } from './console/sentence.ts'
import { readLayout, type Layout } from './installation/layout.ts'
import { Launch } from './launch.ts'
import { onLauncherEnd } from './processes/signals.ts'

/** `npm start`: brings an installation up, keeps it running, and takes it down in order. */
async function start(layout: Layout): Promise<void> {
  const progress = new Progress(process.stdout, systemClock)
  const launch = new Launch(layout, systemClock, progress)
  const end = onLauncherEnd(systemClock, process.env)
  // a fault of the launcher itself: what it keeps has to be stopped in order all the same
  const failure = new Promise<never>((_, reject) => process.on('uncaughtException', reject))
  failure.catch(() => undefined)
  progress.tell(`Probant starts in ${layout.home}`)
  try {
    const started = launch.start()
    // a start that was given up fails in whatever step it is in, and that is nobody's concern then
    started.catch(() => undefined)
    const outcome = await Promise.race([started, end, failure])
    if (typeof outcome === 'string') {
      progress.tell(`${outcome}: the start is given up, stopping what runs already`)
      return
    }
    const { state, configuration } = outcome
    for (const line of readyLines(layout, state.value, configuration)) progress.tell(line)
    progress.tell(`${await Promise.race([end, failure])}: stopping every part in order`)
  } finally {
    await launch.stop()
  }
  progress.tell('Everything is stopped.')
}

// whoever read the lines may be gone; that is no reason to stop
process.stdout.on('error', () => undefined)
process.stderr.on('error', () => undefined)

try {
  const layout = readLayout(process.env, process.cwd())
  await start(layout).catch(async (error: unknown) => {
    throw await diskRefusal(error, layout.home)
  })
  process.exit(0)
} catch (error) {
  process.stderr.write(`${sentenceOf(error)}\n`)
  process.exit(1)
}
