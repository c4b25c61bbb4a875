import { callHeaders } from './api.ts'
import { Failure, failureOf } from './failure.ts'
import { confirmSession } from './session.ts'
import { noticeLostSession, renewSession } from './session-state.ts'

/** Up to here a file is fetched by the page, which can then say why it fails; beyond, the browser streams it to disk. */
const largestInMemoryBytes = 64 * 1024 * 1024

/**
 * Saves a file of the service on the reader's disk.
 *
 * @throws Failure
 */
export async function download(path: string, name: string, sizeBytes: number): Promise<void> {
  if (sizeBytes > largestInMemoryBytes) {
    await confirmSession()
    save(path, name)
    return
  }
  saveContent(await fetchContent(path), name)
}

function saveContent(content: Blob, name: string): void {
  const local = URL.createObjectURL(content)
  save(local, name)
  // The browser has taken the content over once the click was handled.
  setTimeout(() => URL.revokeObjectURL(local), 10_000)
}

/**
 * Saves what the service makes of `body` on the reader's disk. The browser keeps it aside until it came whole, so that what was cut off
 * is never saved.
 *
 * @throws Failure
 */
export async function downloadMade(path: string, name: string, body: unknown): Promise<void> {
  try {
    saveContent(await fetchContent(path, body), name)
  } catch (error) {
    if (!(error instanceof Failure && error.isStaleToken)) throw error
    await renewSession()
    saveContent(await fetchContent(path, body), name)
  }
}

async function fetchContent(path: string, body?: unknown): Promise<Blob> {
  const isMade = body !== undefined
  let response: Response
  let content: Blob
  try {
    response = await fetch(path, {
      cache: 'no-store',
      headers: {
        ...callHeaders(isMade),
        ...(isMade && { 'content-type': 'application/json' }),
      },
      ...(isMade && { method: 'POST', body: JSON.stringify(body) }),
    })
    content = await response.blob()
  } catch (error) {
    throw new Failure('network', 0, {}, error)
  }
  if (response.ok) return content
  if (response.status === 401) noticeLostSession()
  throw failureOf(response.status, await content.text())
}

function save(from: string, name: string): void {
  const link = document.createElement('a')
  link.href = from
  link.download = name
  document.body.append(link)
  link.click()
  link.remove()
}
