import PDFDocument from 'pdfkit'
import { setImmediate as turn } from 'node:timers/promises'
import { bold, printable, regular } from '../attestation/fonts.ts'
import type { InventoryHead, InventoryLine } from './lines.ts'
import type { InventoryWords } from './words.ts'

const MARGIN = 48
const LINES_A_TURN = 20

/** An inventory to be printed, page by page as its lines come: no more than a page is held. */
export async function* inventoryPdf(
  words: InventoryWords,
  head: InventoryHead,
  lines: AsyncIterable<InventoryLine>,
): AsyncGenerator<Uint8Array> {
  const doc = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    lang: words.language,
    displayTitle: true,
    font: '',
    autoFirstPage: false,
    info: { Title: words.title, Author: 'Probant', CreationDate: new Date(head.time) },
  })
  const pieces: Uint8Array[] = []
  doc.on('data', (piece: Uint8Array) => pieces.push(piece))
  const ended = new Promise<void>((resolve, reject) => {
    doc.on('end', resolve).on('error', reject)
  })
  ended.catch(() => undefined)
  doc.registerFont('regular', regular()).registerFont('bold', bold())
  let page = 0
  doc.on('pageAdded', () => {
    page += 1
    const { bottom } = doc.page.margins
    doc.page.margins.bottom = 0
    const y = doc.page.height - 34
    doc.font('regular').fontSize(8).text(words.page(page), MARGIN, y, { lineBreak: false })
    doc.page.margins.bottom = bottom
    doc.x = MARGIN
    doc.y = MARGIN
  })
  doc.addPage()
  const write = (text: string, size: number, font: 'regular' | 'bold' = 'regular') =>
    doc.font(font).fontSize(size).text(printable(text))
  write(words.title, 18, 'bold')
  write(head.name, 13, 'bold')
  write(words.head(head.vault, head.time, head.journalSize), 9)
  doc.moveDown()
  let count = 0
  for await (const line of lines) {
    if (doc.y > doc.page.height - MARGIN - 64) doc.addPage()
    const { description } = line
    if (description !== undefined) write(description.title, 10, 'bold')
    const about = [words.bytes(line.sizeBytes), words.files(line.files), line.mediaType]
    write(`${line.depositedAt} · ${line.id} · ${words.state[line.state]}`, 9)
    write([...about, description?.folder ?? ''].filter((text) => text !== '').join(' · '), 8)
    write(`SHA-256 ${line.sha256}`, 7)
    write(`SHA3-256 ${line.sha3}`, 7)
    doc.moveDown(0.6)
    count += 1
    if (count % LINES_A_TURN === 0) await turn()
    yield* pieces.splice(0)
  }
  doc.end()
  await ended
  yield* pieces.splice(0)
}
