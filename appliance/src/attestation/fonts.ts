import { create, type Font, type Run } from 'fontkit'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** More pieces of text than an attestation has, and so few that they take no memory to speak of. */
const MAX_REMEMBERED = 4000

/** What the font can draw of what people write, as ranges of code points: anything else would make a file no PDF/A. */
const DRAWABLE =
  '\\u0020-\\u007e\\u00a0-\\u00ac\\u00ae-\\u017f\\u0218-\\u021b\\u0391-\\u03a1\\u03a3-\\u03a9\\u03b1-\\u03c9\\u0401\\u0410-\\u044f\\u0451\\u2013\\u2014\\u2018-\\u201a\\u201c-\\u201e\\u2022\\u2026\\u20ac'
const UNDRAWABLE = new RegExp(`[^${DRAWABLE}]`, 'gu')

/** Text with what the font can't draw replaced. */
export const printable = (text: string) => text.normalize('NFC').replace(UNDRAWABLE, '?')

const opened = new Map<string, Font>()

/** Source Sans 3, read once a thread: reading it takes longer than drawing with it. */
export const regular = () =>
  font(
    import.meta.resolve('@expo-google-fonts/source-sans-3/400Regular/SourceSans3_400Regular.ttf'),
  )
export const bold = () =>
  font(
    import.meta.resolve('@expo-google-fonts/source-sans-3/600SemiBold/SourceSans3_600SemiBold.ttf'),
  )

function font(file: string): Font {
  const known = opened.get(file)
  if (known !== undefined) return known
  const made = remembering(create(readFileSync(fileURLToPath(file))))
  opened.set(file, made)
  return made
}

/** Lays the same text out once. Its 1000 units an em make pdfkit leave the runs as they are. */
function remembering(made: Font): Font {
  const layout = made.layout.bind(made)
  const runs = new Map<string, Run>()
  // A glyph keeps the first character that it was used for (space or no-break space): in this order, whatever is drawn first.
  const drawable = new RegExp(`^[${DRAWABLE}]$`, 'u')
  for (let point = 0x20; point < 0x2100; point++)
    if (drawable.test(String.fromCodePoint(point))) layout(String.fromCodePoint(point))
  made.layout = (text, features) => {
    if (features !== undefined) return layout(text, features)
    const known = runs.get(text)
    if (known !== undefined) return known
    if (runs.size >= MAX_REMEMBERED) runs.clear()
    const run = layout(text)
    runs.set(text, run)
    return run
  }
  return made
}
