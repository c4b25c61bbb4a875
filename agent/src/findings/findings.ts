import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import { checkSettings, formatTime, writeDurably, type Clock, type Logger } from '@probant/host'
import { messageOf } from '../errors.ts'
import { LOCAL_KINDS, SENTENCES } from './sentences.ts'

const localFinding = Type.Object({
  kind: Type.Enum(LOCAL_KINDS),
  seq: Type.Union([Type.Integer(), Type.Null()]),
  expected: Type.String(),
  found: Type.String(),
  fr: Type.String(),
  en: Type.String(),
  /** When it was first seen, RFC 3339. */
  at: Type.String(),
  /** When the client's IT was told by mail, RFC 3339. */
  toldAt: Type.Optional(Type.String()),
})

/** A contradiction that the agent itself saw, with both sides and a sentence about it. */
export type LocalFinding = Static<typeof localFinding>

/** What is told apart from the moment and the words. */
export type Contradiction = Pick<LocalFinding, 'kind' | 'seq' | 'expected' | 'found'>

/** Beyond, new findings are only logged: whoever answers at the centre's address must not fill the disk. */
const KEPT = 1000

/** Findings of this box, one durable file each under the agent's home. The same contradiction is kept once. */
export class LocalFindings {
  readonly #folder: string
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #tell: (finding: LocalFinding) => Promise<void>
  readonly #known = new Map<string, LocalFinding>()

  /** @param tell called with each new finding; its failure is logged and nothing more */
  constructor(
    folder: string,
    clock: Clock,
    logger: Logger,
    tell: (finding: LocalFinding) => Promise<void>,
  ) {
    this.#folder = folder
    this.#clock = clock
    this.#logger = logger
    this.#tell = tell
  }

  async load(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const names = (await readdir(this.#folder)).filter((name) =>
      /^[a-z-]+\.[0-9a-f]{16}\.json$/.test(name),
    )
    for (const name of names) {
      const value: unknown = JSON.parse(await readFile(join(this.#folder, name), 'utf8'))
      this.#known.set(name, checkSettings(localFinding, value, name))
    }
  }

  /** Takes those of some kinds out of sight: their files stay, in a folder beside, and the same contradiction is new again. */
  async settle(kinds: readonly LocalFinding['kind'][]): Promise<void> {
    const folder = join(this.#folder, 'settled')
    await mkdir(folder, { recursive: true, mode: 0o700 })
    for (const [name, { kind }] of this.#known) {
      if (!kinds.includes(kind)) continue
      const stem = name.replace(/\.json$/, '.')
      const files = (await readdir(this.#folder)).filter((file) => file.startsWith(stem))
      const at = this.#clock.nowMs()
      for (const file of files)
        await rename(join(this.#folder, file), join(folder, `${at}.${file}`))
      this.#known.delete(name)
    }
  }

  /** What nobody was told of by mail. */
  untold(): LocalFinding[] {
    return this.all().filter(({ toldAt }) => toldAt === undefined)
  }

  /** Durable when this resolves. */
  async markTold(findings: readonly LocalFinding[]): Promise<void> {
    const toldAt = formatTime(this.#clock.nowMs())
    for (const finding of findings) {
      const name = fileName(finding)
      // settled meanwhile
      if (!this.#known.has(name)) continue
      await this.#write(name, { ...finding, toldAt })
    }
  }

  /** As {@link report}, said in the log the first time only. */
  async keep(contradiction: Contradiction): Promise<void> {
    if (!this.#known.has(fileName(contradiction))) await this.report(contradiction)
  }

  /** Oldest first. */
  all(): LocalFinding[] {
    return [...this.#known.values()].sort((a, b) => a.at.localeCompare(b.at))
  }

  /**
   * Logs it loudly and, the first time, keeps it; durable when this resolves.
   * @param evidence signed notes that show it, each kept in a file of its own beside it; empty ones are left out
   */
  async report(
    contradiction: Contradiction,
    evidence: Readonly<Record<string, string>> = {},
  ): Promise<LocalFinding> {
    const name = fileName(contradiction)
    const known = this.#known.get(name)
    const finding = known ?? {
      ...contradiction,
      ...SENTENCES[contradiction.kind],
      at: formatTime(this.#clock.nowMs()),
    }
    this.#logger.error({ finding }, finding.en)
    if (known === undefined && this.#known.size < KEPT) {
      const beside = join(this.#folder, name.replace(/\.json$/, ''))
      for (const [side, note] of Object.entries(evidence))
        if (note !== '') await writeDurably(`${beside}.${side}.note`, note)
      await this.#write(name, finding)
      await this.#tell(finding).catch((error: unknown) => {
        this.#logger.warn({ reason: messageOf(error) }, 'nobody was told of the finding')
      })
    }
    return finding
  }

  async #write(name: string, finding: LocalFinding): Promise<void> {
    this.#known.set(name, finding)
    await writeDurably(join(this.#folder, name), `${JSON.stringify(finding, undefined, 2)}\n`)
  }
}

function fileName({ kind, seq, expected, found }: Contradiction): string {
  const digest = createHash('sha256').update(JSON.stringify([kind, seq, expected, found]))
  return `${kind}.${digest.digest('hex').slice(0, 16)}.json`
}
