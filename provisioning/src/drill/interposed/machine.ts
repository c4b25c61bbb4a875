/**
 * Loaded into each process of a copy before its own program (`--import`): between it and the machine’s clock, its disk and its key
 * store, which then do what a file says. The programs themselves are those of every installation.
 */
import crypto from 'node:crypto'
import { constants, readFileSync } from 'node:fs'
import files from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { getSystemErrorMap } from 'node:util'
import { Value } from 'typebox/value'
import { machineState, STATE_FILE, type DiskCall, type MachineState } from './state.ts'

const LOOK_EVERY_MS = 50
const SLOW_MS = 400

const path = process.env[STATE_FILE] ?? ''
const own = /\/(appliance|agent|supervisor)\/src\/main\.ts$/.exec(process.argv[1] ?? '')?.[1]
const read = readFileSync

let state: MachineState | undefined

function look(): void {
  try {
    const said: unknown = JSON.parse(read(path, 'utf8'))
    if (Value.Check(machineState, said))
      state = said.parts.some((part) => part === own) ? said : undefined
  } catch {
    // none, or half written: as it was
  }
}

if (own !== undefined) {
  look()
  setInterval(look, LOOK_EVERY_MS).unref()
  interposeClock()
  interposeSigner()
  await interposeDisk()
  // named imports are bound to what was there before
  syncBuiltinESMExports()
}

function interposeClock(): void {
  const real: unknown = Reflect.get(Date, 'now')
  if (typeof real !== 'function') return
  Reflect.set(Date, 'now', () => {
    const { offsetMs = 0, frozenAtMs = null } = state?.clock ?? {}
    return frozenAtMs ?? Number(Reflect.apply(real, Date, [])) + offsetMs
  })
}

type Signed = (error: Error | null, signature?: Buffer) => void

function interposeSigner(): void {
  const original: (...given: never[]) => unknown = crypto.sign
  Reflect.set(crypto, 'sign', (...given: unknown[]): unknown => {
    const done = given.at(-1)
    const signer = state?.signer
    const sign = (...asked: unknown[]): unknown => Reflect.apply(original, crypto, asked)
    if (signer === undefined || !isCallback(done)) return sign(...given)
    if (signer === 'nothing') return undefined
    if (signer === 'error') {
      setImmediate(() => done(new Error('the token says CKR_FUNCTION_FAILED')))
      return undefined
    }
    const wrong: Signed = (error, signature) => {
      if (signature !== undefined) signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1
      done(error, signature)
    }
    return sign(...given.slice(0, -1), wrong)
  })
}

const isCallback = (value: unknown): value is Signed => typeof value === 'function'

async function interposeDisk(): Promise<void> {
  const { open, rename } = files
  const pathOf = new WeakMap<object, string>()
  Reflect.set(files, 'open', async (...given: Parameters<typeof open>) => {
    const [name, flags] = given
    const isWritten =
      typeof flags === 'number'
        ? (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0
        : /[wa+]/.test(flags ?? 'r')
    if (isWritten) await befall('create', String(name))
    const file = await open(...given)
    pathOf.set(file, String(name))
    return file
  })
  Reflect.set(files, 'rename', async (...given: Parameters<typeof rename>) => {
    await befall('rename', String(given[1]))
    return rename(...given)
  })
  const one = await open('/dev/null')
  const handle: unknown = Object.getPrototypeOf(one)
  await one.close()
  if (typeof handle !== 'object' || handle === null) return
  for (const [method, call] of [
    ['write', 'write'],
    ['writev', 'write'],
    ['writeFile', 'write'],
    ['sync', 'sync'],
    ['datasync', 'sync'],
  ] as const) {
    const real: unknown = Reflect.get(handle, method)
    if (typeof real !== 'function') continue
    Reflect.set(
      handle,
      method,
      async function (this: object, ...given: unknown[]): Promise<unknown> {
        await befall(call, pathOf.get(this) ?? '')
        const result: unknown = await Reflect.apply(real, this, given)
        return result
      },
    )
  }
}

/** What happens to this call on this file. @throws Error as the system’s own */
async function befall(call: DiskCall, name: string): Promise<void> {
  const disk = state?.disk
  if (disk === undefined || !disk.calls.includes(call) || !name.startsWith(disk.under)) return
  const { code } = disk
  if (code === null) {
    await new Promise((resolve) => setTimeout(resolve, SLOW_MS))
    return
  }
  const [errno, words] = [...getSystemErrorMap()].find(([, [known]]) => known === code) ?? []
  const message = `${code}: ${words?.[1] ?? ''}, ${call} '${name}'`
  throw Object.assign(new Error(message), { code, errno, syscall: call, path: name })
}
