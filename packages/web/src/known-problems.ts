import type { FieldError } from './problem.ts'
import { Problem } from './problem.ts'

/** Problems that any service meets. Services add their own beside them. */

export function invalidRequest(errors: FieldError[]): Problem {
  return new Problem({
    type: 'invalid-request',
    status: 400,
    title: { fr: 'La demande n’est pas valable.', en: 'The request is not valid.' },
    detail: {
      fr: errors.map(({ message }) => message.fr).join(' '),
      en: errors.map(({ message }) => message.en).join(' '),
    },
    errors,
  })
}

export function unreadableBody(cause?: unknown): Problem {
  return new Problem({
    type: 'unreadable-body',
    status: 400,
    title: {
      fr: 'Le corps de la demande ne peut pas être lu.',
      en: 'The body of the request can’t be read.',
    },
    detail: {
      fr: 'Il est vide, incomplet, ou n’est pas dans le format annoncé par l’en-tête Content-Type.',
      en: 'It is empty, incomplete, or not in the format announced by the Content-Type header.',
    },
    cause,
  })
}

export function bodyTooLarge(limitBytes?: number): Problem {
  return new Problem({
    type: 'too-large',
    status: 413,
    title: { fr: 'L’envoi est trop volumineux.', en: 'What was sent is too large.' },
    ...(limitBytes !== undefined && {
      detail: {
        fr: `La limite est de ${limitBytes} octets.`,
        en: `The limit is ${limitBytes} bytes.`,
      },
      extra: { limitBytes },
    }),
  })
}

export function unsupportedMedia(): Problem {
  return new Problem({
    type: 'unsupported-media-type',
    status: 415,
    title: {
      fr: 'Ce type de contenu n’est pas accepté ici.',
      en: 'This type of content is not accepted here.',
    },
  })
}

export function notFound(): Problem {
  return new Problem({
    type: 'not-found',
    status: 404,
    title: { fr: 'Rien n’existe à cette adresse.', en: 'Nothing exists at this address.' },
  })
}

export function methodNotAllowed(allowed: readonly string[]): Problem {
  const list = allowed.join(', ')
  return new Problem({
    type: 'method-not-allowed',
    status: 405,
    title: {
      fr: 'Cette méthode n’est pas acceptée à cette adresse.',
      en: 'This method is not accepted at this address.',
    },
    detail: { fr: `Méthodes acceptées : ${list}.`, en: `Accepted methods: ${list}.` },
    headers: { allow: list },
  })
}

export function tooManyRequests(retryAfterSeconds: number): Problem {
  return new Problem({
    type: 'too-many-requests',
    status: 429,
    title: { fr: 'Trop de demandes en peu de temps.', en: 'Too many requests in a short time.' },
    detail: {
      fr: `Réessayez dans ${retryAfterSeconds} s.`,
      en: `Try again in ${retryAfterSeconds} s.`,
    },
    extra: { retryAfterSeconds },
    headers: { 'retry-after': String(retryAfterSeconds) },
  })
}

export function unauthenticated(): Problem {
  return new Problem({
    type: 'unauthenticated',
    status: 401,
    title: { fr: 'Vous devez vous identifier.', en: 'You need to sign in.' },
    headers: { 'www-authenticate': 'Bearer' },
  })
}

export function forbidden(cause?: unknown): Problem {
  return new Problem({
    type: 'forbidden',
    status: 403,
    title: { fr: 'Vous n’avez pas ce droit.', en: 'You don’t have this right.' },
    cause,
  })
}

export function unavailable(cause?: unknown): Problem {
  return new Problem({
    type: 'unavailable',
    status: 503,
    title: {
      fr: 'Le service est momentanément indisponible.',
      en: 'The service is unavailable for the moment.',
    },
    headers: { 'retry-after': '5' },
    cause,
  })
}

export function badRequest(cause?: unknown): Problem {
  return new Problem({
    type: 'bad-request',
    status: 400,
    title: { fr: 'La demande n’est pas comprise.', en: 'The request is not understood.' },
    cause,
  })
}

export function internalError(cause: unknown): Problem {
  return new Problem({
    type: 'internal-error',
    status: 500,
    title: {
      fr: 'Une erreur s’est produite de notre côté.',
      en: 'Something went wrong on our side.',
    },
    detail: {
      fr: 'Indiquez le numéro de suivi à votre support technique.',
      en: 'Give the correlation id to your support.',
    },
    cause,
  })
}
