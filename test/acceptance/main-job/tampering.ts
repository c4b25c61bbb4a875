import { open } from 'node:fs/promises'
import type { Demo } from './demo.ts'

/** Changes one byte of a stored trace, or changes it back, as root on the box would. */
export async function flipTraceByte(demo: Demo, seq: number): Promise<void> {
  await demo.asRoot((client) =>
    client.query(
      `UPDATE journal.traces SET bytes = set_byte(bytes, 40, get_byte(bytes, 40) # 1) WHERE seq = $1`,
      [seq],
    ),
  )
}

/** Deletes what the newest checkpoints cover, and these: only the fifth newest and what it covers stay. */
export async function deleteNewestTraces(demo: Demo): Promise<void> {
  await demo.asRoot(async (client) => {
    const { rows } = await client.query<{ size: string }>(
      `SELECT size FROM journal.checkpoints ORDER BY size DESC OFFSET 4 LIMIT 1`,
    )
    const size = rows[0]?.size
    await client.query(`DELETE FROM journal.cosignatures WHERE size > $1`, [size])
    await client.query(`DELETE FROM journal.checkpoints WHERE size > $1`, [size])
    await client.query(`DELETE FROM journal.traces WHERE seq >= $1`, [size])
  })
}

/** Changes one bit of a stored file, or changes it back. */
export async function flipFileBit(path: string, offset: number): Promise<void> {
  const file = await open(path, 'r+')
  const byte = Buffer.alloc(1)
  await file.read(byte, 0, 1, offset)
  byte[0] = (byte[0] ?? 0) ^ 1
  await file.write(byte, 0, 1, offset)
  await file.close()
}
