import { parentPort } from 'node:worker_threads'
import { attestation, codeText } from './attestation.ts'
import { code } from './drawings.ts'
import type { AttestationFacts } from './facts.ts'
import { english, french } from './words.ts'

export interface AttestationRequest {
  readonly number: number
  readonly facts: AttestationFacts
}

export interface AttestationAnswer {
  readonly number: number
  readonly made: { readonly fr: Uint8Array; readonly en: Uint8Array } | { readonly error: string }
}

/** Draws attestations, so that the event loop goes on serving meanwhile. */
parentPort?.on('message', ({ number, facts }: AttestationRequest) => {
  void draw(facts).then((made) => {
    parentPort?.postMessage({ number, made } satisfies AttestationAnswer)
  })
})

async function draw(facts: AttestationFacts): Promise<AttestationAnswer['made']> {
  try {
    const drawn = code(codeText(facts))
    return {
      fr: await attestation(facts, french, drawn),
      en: await attestation(facts, english, drawn),
    }
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
