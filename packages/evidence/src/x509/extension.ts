import type { Extension } from 'pkijs'

/** DER of what an extension says. */
export function contentOf({ extnValue }: Extension): Uint8Array<ArrayBuffer> {
  return new Uint8Array(extnValue.valueBlock.valueHexView)
}
