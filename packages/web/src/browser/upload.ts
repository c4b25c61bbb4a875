import { callHeaders, readAnswer } from './api.ts'
import { Failure } from './failure.ts'
import { noticeLostSession } from './session-state.ts'
import type { Shape } from './shape.ts'

export interface Upload<T> {
  path: string
  form: FormData
  shape: Shape<T>
  headers: Record<string, string>
  /** Bytes handed to the network so far, with the envelope of the form. */
  onProgress: (sentBytes: number, totalBytes: number) => void
  signal: AbortSignal
}

/**
 * Sends a form with progress, which `fetch` can't tell. Aborting the signal drops the connection.
 *
 * @throws Failure
 */
export function upload<T>({
  path,
  form,
  shape,
  headers,
  onProgress,
  signal,
}: Upload<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    for (const [name, value] of Object.entries({ ...callHeaders(true), ...headers })) {
      request.setRequestHeader(name, value)
    }
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(loaded, total))
    request.addEventListener('load', () => {
      if (request.status === 401) noticeLostSession()
      try {
        resolve(readAnswer(request.status, request.responseText, shape))
      } catch (error) {
        reject(error instanceof Failure ? error : new Failure('unexpected', request.status))
      }
    })
    request.addEventListener('error', () => reject(new Failure('network')))
    request.addEventListener('abort', () => reject(new Failure('cancelled')))
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.send(form)
  })
}
