import { fromBase64 } from './bytes.ts'
import { EvidenceError } from './errors.ts'
import { isJsonArray, isJsonObject } from './jcs.ts'
import type { JsonObject, JsonValue } from './jcs.ts'
import { cannotTell, valid } from './verdict.ts'
import type { Verdict } from './verdict.ts'

/** What may carry blocks. */
export type BlockPlace = 'trace' | 'lat' | 'manifest'

/** An extension of a format (formats.md section 2). */
export type Block = {
  readonly type: string
  readonly version: number
  readonly critical: boolean
  readonly content: JsonObject
}

/** What a verifier of version 1 makes of blocks. */
export interface BlocksReport {
  /** "cannot-tell", naming the type, when a critical block is one that we can't check; else valid. */
  readonly verdict: Verdict
  /** Types (with version) that we don't know, non-critical. */
  readonly ignored: readonly string[]
  /** Types that we know but whose cryptography is not checked in this version, non-critical. */
  readonly notChecked: readonly string[]
}

interface KnownBlock {
  readonly place: BlockPlace
  readonly checked: boolean
  readonly members: Readonly<Record<string, (value: JsonValue) => boolean>>
}

/** Integer or decimal string: TPM counters have 64 bits. */
function isCount(value: JsonValue): boolean {
  return typeof value === 'number' ? value >= 0 : isDecimal(value)
}

function isDecimal(value: JsonValue): boolean {
  return typeof value === 'string' && /^(?:0|[1-9][0-9]*)$/.test(value)
}

function isHex(value: JsonValue): boolean {
  return typeof value === 'string' && /^[0-9a-f]+$/.test(value)
}

function isBoolean(value: JsonValue): boolean {
  return typeof value === 'boolean'
}

function isEntryName(value: JsonValue): boolean {
  return typeof value === 'string' && value !== ''
}

function isBase64(value: JsonValue): boolean {
  if (typeof value !== 'string' || value === '') return false
  try {
    fromBase64(value)
    return true
  } catch {
    return false
  }
}

const knownBlocks: ReadonlyMap<string, KnownBlock> = new Map([
  [
    'hardware-clock',
    {
      place: 'trace',
      checked: true,
      members: {
        clock: isCount,
        time: isCount,
        resetCount: isCount,
        restartCount: isCount,
        safe: isBoolean,
      },
    },
  ],
  [
    'hardware-counter',
    { place: 'trace', checked: true, members: { index: isHex, value: isDecimal } },
  ],
  ['cms-signature', { place: 'lat', checked: true, members: { cms: isBase64 } }],
  ['cosignatures', { place: 'manifest', checked: false, members: { entry: isEntryName } }],
  ['seal-signature', { place: 'manifest', checked: true, members: { entry: isEntryName } }],
  ['seal-certificates', { place: 'manifest', checked: true, members: { entry: isEntryName } }],
  ['dating', { place: 'manifest', checked: true, members: { entry: isEntryName } }],
  ['renewal', { place: 'manifest', checked: true, members: { entry: isEntryName } }],
])

/**
 * The blocks of a member `blocks`; none when it is absent. Sorted by type, never an empty array, and the content of
 * a known type in the place it is specified for has exactly its members.
 *
 * @throws EvidenceError 'malformed-blocks'
 */
export function parseBlocks(value: JsonValue | undefined, place: BlockPlace): Block[] {
  if (value === undefined) return []
  if (!isJsonArray(value) || value.length === 0) throw malformed('not a list with blocks in it')
  const blocks = value.map((item, index) => parseBlock(item, `blocks[${index}]`, place))
  blocks.reduce((before, block) => {
    if (block.type < before.type) throw malformed('not sorted by type')
    return block
  })
  return blocks
}

/** Blocks in the order to write them: by type, then as given. An empty list is not written at all. */
export function formatBlocks(blocks: readonly Block[]): Block[] {
  return blocks.toSorted((a, b) => (a.type < b.type ? -1 : a.type > b.type ? 1 : 0))
}

/**
 * What is left to say of parsed blocks: which were ignored, which not checked, which forbid an answer.
 *
 * @param unchecked further ones that the verification at hand looks at in no case, known or not
 */
export function checkBlocks(
  blocks: readonly Block[],
  unchecked: readonly Block[] = [],
): BlocksReport {
  const ignored: string[] = []
  const notChecked: string[] = []
  const critical: string[] = []
  for (const block of [...blocks, ...unchecked]) {
    const label = `${block.type} version ${block.version}`
    const known = block.version === 1 ? knownBlocks.get(block.type) : undefined
    if (known?.checked === true && !unchecked.includes(block)) continue
    if (block.critical) critical.push(label)
    else if (known === undefined) ignored.push(label)
    else notChecked.push(label)
  }
  const verdict =
    critical.length === 0
      ? valid
      : cannotTell(`a way to check the critical block ${critical.join(', ')}`)
  return { verdict, ignored, notChecked }
}

function parseBlock(value: JsonValue, where: string, place: BlockPlace): Block {
  if (!isJsonObject(value) || Object.keys(value).length !== 4) {
    throw malformed('not a block', where)
  }
  const { type, version, critical, content } = value
  if (typeof type !== 'string' || !/^[a-z0-9-]{1,64}$/.test(type))
    throw malformed('its type', where)
  if (typeof version !== 'number' || version < 1) throw malformed('its version', where)
  if (typeof critical !== 'boolean') throw malformed('its member critical', where)
  if (!isJsonObject(content)) throw malformed('its content', where)
  const known = version === 1 ? knownBlocks.get(type) : undefined
  if (known !== undefined) checkContent(known, type, content, where, place)
  return { type, version, critical, content }
}

function checkContent(
  known: KnownBlock,
  type: string,
  content: JsonObject,
  where: string,
  place: BlockPlace,
): void {
  if (known.place !== place) throw malformed(`${type} has no place in a ${place}`, where)
  const names = Object.keys(known.members)
  const hasExactly = Object.keys(content).length === names.length
  const allFit = Object.entries(known.members).every(([name, fits]) => {
    const value = content[name]
    return value !== undefined && fits(value)
  })
  if (!hasExactly || !allFit) throw malformed(`the content of ${type}`, where)
}

function malformed(what: string, where = 'blocks'): EvidenceError {
  return new EvidenceError('malformed-blocks', `${where}: ${what}`, { where })
}
