import { spawnSync } from 'node:child_process'
import { join } from 'node:path'

/** What hostile agents do to a centre's memory, with 100,000 malformed frames; SOAK_FRAMES asks for another number. */
const test = join(import.meta.dirname, '../../supervisor/test/hostile.test.ts')
const env = { ...process.env, SOAK_FRAMES: process.env['SOAK_FRAMES'] ?? '100000' }
process.exitCode = spawnSync(process.execPath, [test], { stdio: 'inherit', env }).status ?? 1
