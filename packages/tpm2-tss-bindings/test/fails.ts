import type { Test } from 'tap'
import { Tpm2Error, type Tpm2ErrorCode } from '@probant/tpm2-tss-bindings'

/** Asserts that the promise is rejected with a Tpm2Error of that code. @returns the error's message */
export async function fails(t: Test, code: Tpm2ErrorCode, promise: Promise<unknown>) {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  t.equal(error instanceof Tpm2Error ? error.code : String(error), code)
  return error instanceof Error ? error.message : ''
}
