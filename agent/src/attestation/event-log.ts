import { open } from 'node:fs/promises'
import { MAX_EVENT_LOG_BYTES, type EventLog } from '@probant/shipping'
import { toBase64 } from '@probant/evidence'

/** Where Linux shows what the firmware measured. */
export const KERNEL_EVENT_LOG = '/sys/kernel/security/tpm0/binary_bios_measurements'

/** The firmware's event log as it is, or why there is none to send: its absence is told, never passed over. */
export async function readEventLog(path: string): Promise<EventLog> {
  try {
    const file = await open(path)
    try {
      // the kernel's file states no size
      const buffer = Buffer.alloc(MAX_EVENT_LOG_BYTES + 1)
      let length = 0
      for (;;) {
        const { bytesRead } = await file.read(buffer, length, buffer.length - length)
        length += bytesRead
        if (length > MAX_EVENT_LOG_BYTES) return { state: 'too-long' }
        if (bytesRead === 0) break
      }
      if (length === 0) return { state: 'absent' }
      return { state: 'given', bytes: toBase64(buffer.subarray(0, length)) }
    } finally {
      await file.close()
    }
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return { state: isAbsent ? 'absent' : 'unreadable' }
  }
}
