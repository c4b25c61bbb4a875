import { createHash } from 'node:crypto'

/** An event as firmware writes it, measured by SHA-256. */
export interface LoggedEvent {
  pcr: number
  text: string
}

/** What the TPM is extended by for an event. */
export function digestOfEvent({ text }: LoggedEvent): Uint8Array {
  return createHash('sha256').update(text).digest()
}

/** A crypto-agile log with SHA-256 digests, made apart from the code that reads it. */
export function eventLogOf(events: readonly LoggedEvent[]): Buffer {
  const specification = Buffer.concat([
    Buffer.from('Spec ID Event03\0'),
    Buffer.from([0, 0, 0, 0, 0, 2, 0, 2]),
    u32(1),
    u16(0x000b),
    u16(32),
    Buffer.of(0),
  ])
  const header = [u32(0), u32(3), Buffer.alloc(20), u32(specification.length), specification]
  const others = events.flatMap((event) => {
    const data = Buffer.from(event.text)
    const digest = digestOfEvent(event)
    const EV_IPL = 13
    return [u32(event.pcr), u32(EV_IPL), u32(1), u16(0x000b), digest, u32(data.length), data]
  })
  return Buffer.concat([...header, ...others])
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
