import qrcode from 'qrcode-generator'
import { useMemo } from 'preact/hooks'

/** Modules of white around it (ISO/IEC 18004 section 6.3.8). */
const QUIET = 4

/** A QR code of text in ASCII, black on white in every theme: cameras want it so. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { side, path } = useMemo(() => {
    const made = qrcode(0, 'M')
    made.addData(text, 'Byte')
    made.make()
    const modules = made.getModuleCount()
    let drawn = ''
    for (let row = 0; row < modules; row += 1)
      for (let column = 0; column < modules; column += 1)
        if (made.isDark(row, column))
          drawn += `M${String(column + QUIET)} ${String(row + QUIET)}h1v1h-1z`
    return { side: modules + 2 * QUIET, path: drawn }
  }, [text])
  return (
    <svg
      class="qr-code"
      role="img"
      aria-label={label}
      viewBox={`0 0 ${String(side)} ${String(side)}`}
    >
      <rect width={side} height={side} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}
