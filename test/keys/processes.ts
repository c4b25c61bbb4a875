import { readdir, readFile } from 'node:fs/promises'

/** One running part of an installation, or what it started. */
export interface Part {
  readonly pid: number
  /** Its arguments, readable. */
  readonly what: string
  /** Arguments and environment, as every user of the machine or this one sees them. */
  readonly shown: Buffer
}

/** Whoever has the installation's folder in its environment or arguments. */
export async function partsOf(home: string): Promise<Part[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const parts = await Promise.all(
    pids.map(async (pid) => {
      const [words, environment] = await Promise.all(
        ['cmdline', 'environ'].map((file) =>
          readFile(`/proc/${pid}/${file}`).catch(() => Buffer.alloc(0)),
        ),
      )
      const shown = Buffer.concat([words ?? Buffer.alloc(0), environment ?? Buffer.alloc(0)])
      return { pid, what: (words ?? '').toString().replaceAll('\0', ' ').trim(), shown }
    }),
  )
  const found = parts.filter(({ pid, shown }) => pid !== process.pid && shown.includes(home))
  if (found.length < 3) throw new Error(`only ${found.length} processes of ${home} are found`)
  return found
}
