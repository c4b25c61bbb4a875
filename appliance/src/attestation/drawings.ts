import qrcode from 'qrcode-generator'
import { ACCENT, INK, LINE } from './sheet.ts'

export type Draw = (doc: PDFKit.PDFDocument, x: number, y: number, width: number) => void

export const TIMELINE_HEIGHT = 34

/** A line from the first moment to the last, with a dot for each act; those that were refused or failed are hollow. */
export function timeline(
  acts: readonly { readonly time: string; readonly outcome: string }[],
): Draw {
  const times = acts.map(({ time }) => Date.parse(time))
  const [first, last] = [Math.min(...times), Math.max(...times)]
  return (doc, x, y, width) => {
    const middle = y + TIMELINE_HEIGHT / 2
    const radius = 5
    const length = width - 2 * radius
    doc.lineWidth(1.5).strokeColor(LINE)
    doc
      .moveTo(x + radius, middle)
      .lineTo(x + radius + length, middle)
      .stroke()
    for (const [at, { outcome }] of acts.entries()) {
      const share = last === first ? 0 : ((times[at] ?? first) - first) / (last - first)
      doc.circle(x + radius + share * length, middle, radius - 1)
      if (outcome === 'done') doc.fillColor(ACCENT).fill()
      else doc.lineWidth(1.5).fillColor('#ffffff').strokeColor(INK).fillAndStroke()
    }
  }
}

export const CODE_SIZE = 132

/** A QR code (ISO/IEC 18004) of text in ASCII. */
export function code(text: string): Draw {
  const made = qrcode(0, 'M')
  made.addData(text, 'Byte')
  made.make()
  const modules = made.getModuleCount()
  return (doc, x, y) => {
    const side = CODE_SIZE / modules
    for (let row = 0; row < modules; row++)
      for (let column = 0; column < modules; column++)
        if (made.isDark(row, column)) doc.rect(x + column * side, y + row * side, side, side)
    doc.fillColor('#000000').fill()
  }
}
