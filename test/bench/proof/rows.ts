import { randomBytes } from 'node:crypto'
import type { Anchors } from '@probant/evidence'
import { anchorsOf, proveBundle } from '../../../appliance/test/kill/proving.ts'
import { startBox, type BenchBox } from '../deposit/box.ts'

const SIZE_BYTES = 1024

/** A box whose journal is as long as the bench wants it, every row of it in PostgreSQL. */
export interface LongBox {
  readonly box: BenchBox
  /**
   * Milliseconds from asking for the bundle of an object to having it verified, and the bytes of the zip. The object came when the
   * journal was short and is read just before, which leaves a trace at the journal’s end: the path of its deposit is as long as paths get.
   */
  readonly proof: () => Promise<{ milliseconds: number; bytes: number }>
}

/** @param objects so many times a proof can be asked for: each time of an object that nobody asked for before */
export async function startLongBox(folder: string, objects: number): Promise<LongBox> {
  const box = await startBox(folder, { entry: 'test/bench/proof/growing-service.ts' })
  const anchors = anchorsOf(box)
  const untouched: string[] = []
  for (let n = 0; n < objects; n += 1) untouched.push(await deposited(box))
  return {
    box,
    proof: () => {
      const object = untouched.pop()
      if (object === undefined) throw new Error('no object is left')
      return proofOf(box, anchors, object)
    },
  }
}

async function proofOf(box: BenchBox, anchors: Anchors, object: string) {
  const get = async (what: string) => {
    const url = `${objectsOf(box)}/${object}/${what}`
    const answer = await fetch(url, { headers: authorization(box) })
    if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`)
    return new Uint8Array(await answer.arrayBuffer())
  }
  await get('content')
  const beganAt = performance.now()
  const zip = await get('proof')
  await proveBundle(anchors, zip)
  return { milliseconds: performance.now() - beganAt, bytes: zip.length }
}

async function deposited(box: BenchBox): Promise<string> {
  const body = new FormData()
  body.set('metadata', '{"title":"bench"}')
  body.set('file', new Blob([randomBytes(SIZE_BYTES)]), 'bench.bin')
  const answer = await fetch(objectsOf(box), { method: 'POST', headers: authorization(box), body })
  const { id } = (await answer.json()) as { id?: string }
  if (id === undefined) throw new Error(`deposit: ${answer.status}`)
  return id
}

const objectsOf = ({ port, vault }: BenchBox) =>
  `http://127.0.0.1:${port}/api/v1/vaults/${vault}/objects`

const authorization = ({ token }: BenchBox) => ({ authorization: `Bearer ${token}` })
