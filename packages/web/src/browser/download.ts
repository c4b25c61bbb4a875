import { callHeaders } from './api.ts'
import { Failure, failureOf } from './failure.ts'
import { confirmSession } from './session.ts'
import { noticeLostSession } from './session-state.ts'

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
  const content = await fetchContent(path)
  const local = URL.createObjectURL(content)
  save(local, name)
  // The browser has taken the content over once the click was handled.
  setTimeout(() => URL.revokeObjectURL(local), 10_000)
}

async function fetchContent(path: string): Promise<Blob> {
  let response: Response
  let content: Blob
  try {
    response = await fetch(path, { cache: 'no-store', headers: callHeaders(false) })
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
