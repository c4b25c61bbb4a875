import type { InventoryHead, InventoryLine } from './lines.ts'
import type { InventoryWords } from './words.ts'

/** What a spreadsheet takes for the beginning of a formula, also behind spaces and in its full-width forms. */
const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/u
const BYTE_ORDER_MARK = '\ufeff'

/** A text that people wrote, so that no spreadsheet computes it: an apostrophe stands before what would be a formula. */
const harmless = (text: string) => (FORMULA.test(text) ? `'${text}` : text)

const row = (cells: readonly (string | number)[]) =>
  `${cells.map((cell) => (typeof cell === 'number' ? cell : `"${cell.replaceAll('"', '""')}"`)).join(',')}\r\n`

/** An inventory after RFC 4180, in UTF-8 with the mark by which spreadsheets know it. */
export async function* inventoryCsv(
  words: InventoryWords,
  { isDescribed }: InventoryHead,
  lines: AsyncIterable<InventoryLine>,
): AsyncGenerator<Uint8Array> {
  const columns = [...words.columns, ...(isDescribed ? words.describedColumns : [])]
  yield Buffer.from(BYTE_ORDER_MARK + row(columns))
  for await (const line of lines) {
    const { description } = line
    const fields = Object.entries(description?.fields ?? {}).map(
      ([name, value]) => `${name}: ${value}`,
    )
    const described = [
      description?.title ?? '',
      description?.fileNames.join('; ') ?? '',
      description?.folder ?? '',
      fields.join('; '),
    ]
    yield Buffer.from(
      row([
        ...[line.id, line.depositedAt, line.depositor, line.sizeBytes, line.files],
        ...[harmless(line.mediaType), line.sha256, line.sha3, words.state[line.state]],
        ...(isDescribed ? described.map(harmless) : []),
      ]),
    )
  }
}
