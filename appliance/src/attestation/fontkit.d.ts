/** The little of fontkit that is used here; it comes without types. */
declare module 'fontkit' {
  export interface Run {
    readonly glyphs: readonly object[]
  }
  /** A font that pdfkit takes as well as a file. */
  export type Font = Uint8Array & {
    layout(text: string, features?: unknown): Run
  }
  export function create(bytes: Uint8Array): Font
}
