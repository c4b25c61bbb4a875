import type { KeyProvider } from '@probant/keys'
import { around, type Hooks, type Step } from './hooks.ts'

const steps: Readonly<Partial<Record<string, Step>>> = {
  tsa: 'token',
  lat: 'lat-signature',
  journal: 'checkpoint-signature',
}

/** A key provider with hooks around each signature and each destruction of a key. */
export function interposedKeys(real: KeyProvider, hooks: Hooks): KeyProvider {
  const signing = withSigning(real, (ref, message) => {
    const step = steps[ref.label]
    const sign = () => real.sign(ref, message)
    return step === undefined ? sign() : around(hooks, step, sign)
  })
  return {
    ...signing,
    destroy: (ref) => around(hooks, 'key-destruction', () => real.destroy(ref)),
  }
}

/** The same keys, signing in another way. */
export function withSigning(real: KeyProvider, sign: KeyProvider['sign']): KeyProvider {
  return {
    name: real.name,
    capabilities: real.capabilities,
    place: real.place,
    generate: (label, kind) => real.generate(label, kind),
    find: (label) => real.find(label),
    publicKey: (ref) => real.publicKey(ref),
    sign,
    enclose: (...given) => real.enclose(...given),
    open: (...given) => real.open(...given),
    random: (n) => real.random(n),
    attest: (ref) => real.attest(ref),
    destroy: (ref) => real.destroy(ref),
    close: () => real.close(),
  }
}
