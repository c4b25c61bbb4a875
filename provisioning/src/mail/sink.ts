import { createWriteStream } from 'node:fs'
import { mkdir, open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { formatTime, renameDurably, type Clock } from '@probant/host'
import { SMTPServer } from 'smtp-server'

const LARGEST_MAIL_BYTES = 10 * 1024 * 1024

export interface MailSink {
  /** The port it listens on: the one asked for, or a free one where 0 was. */
  port: number
  close(): Promise<void>
}

/**
 * Takes every mail and keeps it as `<time>-<n>.eml` in a folder. SMTP's 250 leaves only once the file
 * is synced under its final name, so that a mail that was accepted can be read whatever happens next.
 */
export async function startMailSink(options: {
  host: string
  port: number
  folder: string
  clock: Clock
}): Promise<MailSink> {
  const { host, port, folder, clock } = options
  await mkdir(folder, { recursive: true, mode: 0o700 })
  let count = 0
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    size: LARGEST_MAIL_BYTES,
    logger: false,
    disableReverseLookup: true,
    closeTimeout: 1000,
    onData(stream, _session, done) {
      const stamp = formatTime(clock.nowMs()).replaceAll(':', '-')
      const name = `${stamp}-${String(++count).padStart(4, '0')}.eml`
      keep(stream, folder, name).then(
        () => {
          if (stream.sizeExceeded) done(new TooLarge())
          else done(null, `kept as ${name}`)
        },
        (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
      )
    },
  })
  // a client that breaks off in the middle is its own affair
  server.on('error', () => undefined)
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const address = server.server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

class TooLarge extends Error {
  readonly responseCode = 552
  constructor() {
    super(`larger than ${LARGEST_MAIL_BYTES} bytes`)
  }
}

async function keep(
  stream: Readable & { sizeExceeded: boolean },
  folder: string,
  name: string,
): Promise<void> {
  const staging = join(folder, `.${name}.part`)
  try {
    await pipeline(stream, createWriteStream(staging, { mode: 0o600 }))
    if (stream.sizeExceeded) {
      await unlink(staging)
      return
    }
    const file = await open(staging, 'r+')
    await file.sync().finally(() => file.close())
    await renameDurably(staging, join(folder, name))
  } catch (error) {
    await unlink(staging).catch(() => undefined)
    throw error
  }
}
