import type { Language, Words } from './language.ts'

/** One field that a request got wrong: `where` is the part of the request, `field` a JSON Pointer into it. */
export interface FieldError {
  where: string
  field: string
  message: Words
}

export interface ProblemFields {
  /** Stable name in kebab-case; leaves as `urn:probant:problem:<type>`. Callers switch on it. */
  type: string
  status: number
  title: Words
  detail?: Words
  /** The step of the deposit, or of another procedure, that failed. */
  step?: string
  errors?: FieldError[]
  /** Further members of the document (RFC 9457, 3.2). Never internals, never personal data. */
  extra?: Readonly<Record<string, unknown>>
  headers?: Readonly<Record<string, string>>
  /** What really happened: goes to the log only. */
  cause?: unknown
}

export const problemTypePrefix = 'urn:probant:problem:'

/** What the outside is told when a call fails (RFC 9457). Throw it from a handler; its `cause` only reaches the log. */
export class Problem extends Error {
  readonly type: string
  readonly status: number
  /** The same once more, under the name that Fastify reads and sets. */
  statusCode: number
  readonly title: Words
  readonly detail: Words | undefined
  readonly step: string | undefined
  readonly errors: readonly FieldError[]
  readonly extra: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, string>>

  constructor(fields: ProblemFields) {
    super(fields.title.en, { cause: fields.cause })
    this.name = 'Problem'
    this.type = fields.type
    this.status = fields.status
    this.statusCode = fields.status
    this.title = fields.title
    this.detail = fields.detail
    this.step = fields.step
    this.errors = fields.errors ?? []
    this.extra = fields.extra ?? {}
    this.headers = fields.headers ?? {}
  }

  /** The document in one language; `correlationId` lets support find the log lines of this very call. */
  document(language: Language, correlationId: string): Record<string, unknown> {
    return {
      ...this.extra,
      type: `${problemTypePrefix}${this.type}`,
      title: this.title[language],
      status: this.status,
      ...(this.detail && { detail: this.detail[language] }),
      ...(this.step !== undefined && { step: this.step }),
      ...(this.errors.length > 0 && {
        errors: this.errors.map(({ where, field, message }) => ({
          where,
          field,
          message: message[language],
        })),
      }),
      correlationId,
    }
  }
}
