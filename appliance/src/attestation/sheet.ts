import PDFDocument from 'pdfkit'
import { bold, printable, regular } from './fonts.ts'

const MARGIN = 56
export const INK = '#1d2733'
export const SOFT = '#566270'
export const ACCENT = '#0b5a5e'
export const LINE = '#c9d0d6'
type Structure = PDFKit.PDFStructureElement

/** An A4 document after PDF/A-2b (ISO 19005-2), tagged, from top to bottom. The same calls give the same bytes. */
export class Sheet {
  readonly #doc: PDFKit.PDFDocument
  readonly #root: Structure
  readonly #pieces: Uint8Array[] = []

  /** @param time of the file's creation: a fact of its content, not the moment */
  constructor({ title, language, time }: { title: string; language: string; time: Date }) {
    this.#doc = new PDFDocument({
      size: 'A4',
      margins: { top: MARGIN, left: MARGIN, right: MARGIN, bottom: 64 },
      subset: 'PDF/A-2b',
      pdfVersion: '1.7',
      tagged: true,
      lang: language,
      displayTitle: true,
      bufferPages: true,
      // None of the fonts that every reader has: PDF/A embeds all.
      font: '',
      info: { Title: title, Author: 'Probant', Creator: 'Probant', CreationDate: time },
    })
    this.#doc.on('data', (piece: Uint8Array) => this.#pieces.push(piece))
    this.#doc.registerFont('regular', regular()).registerFont('bold', bold())
    this.#root = this.#doc.struct('Document')
    this.#doc.addStructure(this.#root)
  }

  title(text: string): void {
    this.#tagged(this.#root, 'H1', () =>
      this.#text(text, { font: 'bold', size: 22, color: ACCENT }),
    )
    this.#doc.moveDown(0.3)
  }

  heading(text: string): void {
    this.#room(70)
    this.#doc.moveDown(0.7)
    this.#tagged(this.#root, 'H2', () =>
      this.#text(text, { font: 'bold', size: 13, color: ACCENT }),
    )
    this.#doc.moveDown(0.2)
  }

  paragraph(text: string, look: { isSoft?: boolean; isBold?: boolean } = {}): void {
    this.#tagged(this.#root, 'P', () =>
      this.#text(text, {
        font: look.isBold === true ? 'bold' : 'regular',
        color: look.isSoft === true ? SOFT : INK,
      }),
    )
    this.#doc.moveDown(0.35)
  }

  steps(steps: readonly string[]): void {
    const list = this.#inside(this.#root, 'L')
    for (const [at, step] of steps.entries()) {
      this.#room(40)
      const item = this.#inside(list, 'LI')
      const { y } = this.#doc
      this.#tagged(item, 'Lbl', () => this.#text(`${at + 1}.`, { x: MARGIN, width: 18 }))
      this.#doc.y = y
      this.#tagged(item, 'LBody', () => this.#text(step, { x: MARGIN + 18 }))
      this.#doc.moveDown(0.25)
    }
    this.#doc.x = MARGIN
  }

  /** Names and what they stand for, as a table of two columns. */
  pairs(rows: readonly (readonly [string, string])[]): void {
    const table = this.#inside(this.#root, 'Table')
    for (const [name, value] of rows) {
      this.#room(30)
      const row = this.#inside(table, 'TR')
      const { y } = this.#doc
      this.#tagged(row, 'TH', () => this.#text(name, { x: MARGIN, width: 140, color: SOFT }))
      const after = this.#doc.y
      this.#doc.y = y
      this.#tagged(row, 'TD', () => this.#text(value, { x: MARGIN + 150 }))
      this.#doc.y = Math.max(after, this.#doc.y) + 2
    }
    this.#doc.x = MARGIN
  }

  /** A table with a head, whose rows aren't parted over pages. @param widths in points */
  table(
    head: readonly string[],
    rows: readonly (readonly string[])[],
    widths: readonly number[],
  ): void {
    const table = this.#inside(this.#root, 'Table')
    this.#row(table, 'TH', head, widths)
    for (const row of rows) this.#row(table, 'TD', row, widths)
    this.#doc.x = MARGIN
  }

  /** A drawing of a given height, with words for those who don't see it. */
  figure(
    alt: string,
    heightPoints: number,
    draw: (doc: PDFKit.PDFDocument, x: number, y: number, width: number) => void,
  ): void {
    this.#room(heightPoints + 10)
    const { y } = this.#doc
    const figure = this.#doc.struct('Figure', { alt }, () => {
      this.#doc.save()
      draw(this.#doc, MARGIN, y, this.#width)
      this.#doc.restore()
    })
    this.#root.add(figure)
    figure.end()
    this.#doc.x = MARGIN
    this.#doc.y = y + heightPoints + 6
  }

  /** The bytes, with a line at the foot of every page. */
  async finish(footer: (page: number, of: number) => string): Promise<Uint8Array> {
    const doc = this.#doc
    this.#root.end()
    const { count } = doc.bufferedPageRange()
    for (let page = 0; page < count; page++) {
      doc.switchToPage(page)
      doc.page.margins.bottom = 0
      doc.markContent('Artifact', { type: 'Pagination', attached: ['Bottom'] })
      const y = doc.page.height - 40
      doc.font('regular').fontSize(8.5).fillColor(SOFT)
      doc.text(printable(footer(page + 1, count)), MARGIN, y, {
        width: this.#width,
        lineBreak: false,
      })
      doc.endMarkedContent()
    }
    const ended = new Promise<void>((resolve, reject) => {
      doc.on('end', resolve).on('error', reject)
    })
    doc.end()
    await ended
    return new Uint8Array(Buffer.concat(this.#pieces))
  }

  get #width(): number {
    return this.#doc.page.width - 2 * MARGIN
  }

  #row(table: Structure, kind: 'TH' | 'TD', cells: readonly string[], widths: readonly number[]) {
    this.#room(20)
    const row = this.#inside(table, 'TR')
    const { y } = this.#doc
    let x = MARGIN
    let lowest = y
    for (const [at, cell] of cells.entries()) {
      const width = (widths[at] ?? 100) - 6
      this.#doc.y = y
      const font = kind === 'TH' ? 'bold' : 'regular'
      const left = x
      this.#tagged(row, kind, () => this.#text(cell, { x: left, width, font, size: 9.5 }))
      lowest = Math.max(lowest, this.#doc.y)
      x += widths[at] ?? 100
    }
    this.#doc.y = lowest + 2
    this.#doc.markContent('Artifact', { type: 'Layout' })
    this.#doc.moveTo(MARGIN, lowest).lineTo(MARGIN + this.#width, lowest)
    this.#doc.lineWidth(0.5).strokeColor(LINE).stroke()
    this.#doc.endMarkedContent()
  }

  #text(
    text: string,
    look: { x?: number; width?: number; font?: string; size?: number; color?: string },
  ): void {
    const { x = MARGIN, font = 'regular', size = 10.5, color = INK } = look
    this.#doc.font(font).fontSize(size).fillColor(color)
    const width = look.width ?? this.#width - (x - MARGIN)
    this.#doc.text(printable(text), x, this.#doc.y, { width, lineGap: 1.5 })
  }

  /** A new page where less than this is left. */
  #room(heightPoints: number): void {
    const { page, y } = this.#doc
    if (y + heightPoints > page.height - page.margins.bottom) this.#doc.addPage()
  }

  #inside(parent: Structure, type: string): Structure {
    const element = this.#doc.struct(type)
    parent.add(element)
    return element
  }

  #tagged(parent: Structure, type: string, write: () => void): void {
    const element = this.#doc.struct(type, {}, write)
    parent.add(element)
    element.end()
  }
}
