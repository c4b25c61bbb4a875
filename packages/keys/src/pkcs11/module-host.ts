/**
 * The process that holds the maker's module: whatever the module does (blocks, crashes, runs over its memory) stays here, and the
 * service ends this process and starts another. Requests come over the channel of `fork`; nothing else does.
 */
import { systemRandomness } from '@probant/host/randomness'
import { guardMemory } from '@probant/host/secret-memory'
import { KeyError } from '../errors.ts'
import { loadCryptoki, type Cryptoki } from './cryptoki.ts'
import { readPin } from './pin.ts'
import type { Answers, Failure, GivenPin, OpenedToken, Reply, Request } from './requests.ts'
import type { TokenSettings } from './settings.ts'
import { Token } from './token.ts'
import { TokenKeys } from './token-keys.ts'

/** As much as any token gives at once. */
const RANDOM_STEP_BYTES = 1024

let opened: { readonly token: Token; readonly keys: TokenKeys } | undefined

async function answer(request: Request): Promise<Partial<Answers>> {
  if (request.ask === 'open') return { open: await open(request.token, request.pin) }
  if (opened === undefined) throw new KeyError('unreachable', 'the token is not open')
  const { token, keys } = opened
  switch (request.ask) {
    case 'generate':
      return { generate: await keys.generate(request.label, request.kind) }
    case 'find':
      return { find: (await keys.find(request.label)) ?? null }
    case 'publicKey':
      return { publicKey: await keys.publicKey(request.label, request.kind) }
    case 'sign':
      return { sign: await keys.sign(request.label, request.kind, request.message) }
    case 'enclose':
      return { enclose: await keys.enclose(request, request.plaintext) }
    case 'open-enclosed':
      return { 'open-enclosed': await keys.openEnclosed(request, request.enclosed) }
    case 'destroy':
      await keys.destroy(request.label, request.kind)
      return { destroy: null }
    case 'random':
      return { random: await random(token, request.bytes) }
    case 'close':
      token.cryptoki.C_Finalize()
      return { close: null }
  }
}

async function open(settings: TokenSettings, source: GivenPin): Promise<OpenedToken> {
  const cryptoki: Cryptoki = loadCryptoki(settings.module)
  const pin = 'typed' in source ? Buffer.from(source.typed) : await readPin(source)
  try {
    const token = new Token(cryptoki, settings, pin)
    const keys = new TokenKeys(token, settings.enclosing)
    opened = { token, keys }
    const { label, serialNumber, manufacturerID, model } = token.info
    return {
      label: label.trimEnd(),
      serial: serialNumber.trimEnd(),
      model: `${manufacturerID.trimEnd()} ${model.trimEnd()}`,
      isHardware: token.isHardware,
      kinds: keys.kinds,
      enclosing: keys.enclosing,
      faulty: await keys.faulty(),
    }
  } finally {
    pin.fill(0)
  }
}

/** The token's generator and the kernel's together: neither alone decides. */
function random(token: Token, count: number): Promise<Uint8Array> {
  return token.use((session) => {
    const bytes = systemRandomness.bytes(count)
    for (let at = 0; at < count; at += RANDOM_STEP_BYTES) {
      const step = Buffer.alloc(Math.min(RANDOM_STEP_BYTES, count - at))
      token.cryptoki.C_GenerateRandom(session, step).forEach((byte, index) => {
        bytes[at + index] = (bytes[at + index] ?? 0) ^ byte
      })
    }
    return Promise.resolve(bytes)
  })
}

function failureOf(error: unknown): Failure {
  if (error instanceof KeyError) return { code: error.code, message: error.message }
  return { lost: error instanceof Error ? error.message : String(error) }
}

// It holds the PIN and what it opens, as the service does, which says what can't be had here; a child starts unguarded.
guardMemory()
process.on('message', ({ id, request }: { id: number; request: Request }) => {
  answer(request).then(
    (answered) => process.send?.({ id, answer: answered } satisfies Reply),
    (error: unknown) => process.send?.({ id, failure: failureOf(error) } satisfies Reply),
  )
})
// The service decides when this process ends: it may still have signatures to ask for.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
// Whoever asked is gone. A call that hangs in the module would hold up a proper exit.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
