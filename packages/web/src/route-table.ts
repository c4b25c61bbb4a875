/** Which methods are served at an address, so that a wrong method is not mistaken for a wrong address. */
export class RouteTable {
  readonly #patterns: { methods: string[]; segments: string[] }[] = []

  add(method: string | string[], pattern: string): void {
    this.#patterns.push({ methods: [method].flat(), segments: pattern.split('/') })
  }

  /** Methods in the order registered. Patterns that end in `*` don't count: they serve files and take any address. */
  methodsAt(path: string): string[] {
    const segments = path.split('/')
    const matching = this.#patterns.filter((pattern) => matches(pattern.segments, segments))
    return [...new Set(matching.flatMap(({ methods }) => methods))]
  }
}

function matches(pattern: string[], path: string[]): boolean {
  return (
    pattern.length === path.length &&
    pattern.every((expected, at) => {
      const given = path[at] ?? ''
      return expected.startsWith(':') ? given !== '' : expected === given
    })
  )
}
