import { dictionary } from './dictionary.ts'
import { optional, record, list, text } from './shape.ts'

export type FailureKind = 'problem' | 'session-lost' | 'network' | 'cancelled' | 'unexpected'

interface Told {
  type?: string | undefined
  title?: string | undefined
  detail?: string | undefined
  step?: string | undefined
  correlationId?: string | undefined
}

/** A call that didn't succeed, whatever the reason; `messageOf` puts it in words. */
export class Failure extends Error {
  readonly kind: FailureKind
  readonly status: number
  readonly told: Told

  constructor(kind: FailureKind, status = 0, told: Told = {}, cause?: unknown) {
    super(told.title ?? kind, { cause })
    this.name = 'Failure'
    this.kind = kind
    this.status = status
    this.told = told
  }

  /** The session was renewed elsewhere: the same works with the current token. */
  get isStaleToken(): boolean {
    return this.status === 403 && this.told.type === 'csrf'
  }

  /** Trying the same again can help: nothing was wrong with what was asked. */
  get isPassing(): boolean {
    return this.kind === 'network' || this.status === 429 || this.status >= 500
  }
}

const problemShape = record({
  type: optional(text),
  title: optional(text),
  detail: optional(text),
  step: optional(text),
  correlationId: optional(text),
  errors: optional(list(record({ message: optional(text) }))),
})

/** Reads a problem document (RFC 9457) out of an unsuccessful answer, which may be anything at all. */
export function failureOf(status: number, body: string): Failure {
  const kind: FailureKind = status === 401 ? 'session-lost' : 'problem'
  try {
    const problem = problemShape(JSON.parse(body), '')
    return new Failure(kind, status, { ...problem, type: problem.type?.split(':').at(-1) })
  } catch (error) {
    return new Failure(kind, status, {}, error)
  }
}

const words = dictionary(
  {
    network: 'Le service ne répond pas. Vérifiez votre connexion, puis réessayez.',
    sessionLost: 'Votre session a pris fin. Identifiez-vous de nouveau.',
    cancelled: 'Annulé.',
    unexpected: 'La réponse du service n’est pas comprise. Rechargez la page.',
    refused: (status: number) => `La demande a été refusée (${String(status)}).`,
    reference: (id: string) => `Numéro de suivi : ${id}`,
  },
  {
    network: 'The service does not answer. Check your connection, then try again.',
    sessionLost: 'Your session has ended. Sign in again.',
    cancelled: 'Cancelled.',
    unexpected: 'The answer of the service is not understood. Reload the page.',
    refused: (status) => `The request was refused (${String(status)}).`,
    reference: (id) => `Correlation id: ${id}`,
  },
)

/** What to tell a person about anything thrown by a call. */
export function messageOf(error: unknown): string {
  const say = words()
  if (!(error instanceof Failure)) return say.unexpected
  switch (error.kind) {
    case 'network':
      return say.network
    case 'cancelled':
      return say.cancelled
    case 'unexpected':
      return say.unexpected
    case 'session-lost':
      return error.told.title ?? say.sessionLost
    case 'problem': {
      const { title, detail, correlationId } = error.told
      const isOurs = error.status >= 500 && correlationId !== undefined
      return [title ?? say.refused(error.status), detail, isOurs && say.reference(correlationId)]
        .filter((part) => typeof part === 'string' && part !== '')
        .join(' ')
    }
  }
}
