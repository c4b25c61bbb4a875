import { Problem, unsupportedMedia } from '@probant/web'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** The version of the protocol (https://tus.io/protocols/resumable-upload, 1.0.0). */
const VERSION = '1.0.0'
export const EXTENSIONS = 'creation,expiration,termination'
export const PIECE_TYPE = 'application/offset+octet-stream'

/** What the protocol asks of each request but OPTIONS, and says with each answer. @throws Problem 412, 415 */
export function speaksTus(request: FastifyRequest, reply: FastifyReply): void {
  void reply.headers({ 'tus-resumable': VERSION, 'tus-version': VERSION })
  if (request.method === 'OPTIONS' || request.method === 'GET') return
  if (request.headers['tus-resumable'] === VERSION) {
    if (request.method === 'PATCH' && request.headers['content-type'] !== PIECE_TYPE)
      throw unsupportedMedia()
    return
  }
  throw new Problem({
    type: 'tus-version',
    status: 412,
    title: {
      fr: `L’en-tête Tus-Resumable: ${VERSION} manque.`,
      en: `The header Tus-Resumable: ${VERSION} is missing.`,
    },
  })
}

/** A header that is a number of bytes. @throws Problem 400 */
export function bytesIn({ headers }: FastifyRequest, name: string): number {
  const value = headers[name]
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value)
  throw badHeader(name)
}

/**
 * `Upload-Metadata`: names, each with a text in base64.
 * @throws Problem 400 for anything else, a name twice, a text that is no UTF-8
 */
export function metadataIn(header: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const pair of header.split(',')) {
    const [, name = '', base64 = ''] =
      /^ *([\x21-\x2b\x2d-\x7e]+)(?: +([A-Za-z0-9+/]*={0,2}))? *$/.exec(pair) ?? []
    if (name === '' || found.has(name)) throw badHeader('upload-metadata')
    found.set(name, textOf(Buffer.from(base64, 'base64')))
  }
  return found
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (cause) {
    throw badHeader('upload-metadata', cause)
  }
}

export const badHeader = (name: string, cause?: unknown) =>
  new Problem({
    type: 'invalid-request',
    status: 400,
    title: {
      fr: `L’en-tête ${name} manque ou n’est pas valable.`,
      en: `The header ${name} is missing or not valid.`,
    },
    cause,
  })

export const otherOffset = (offset: number) =>
  new Problem({
    type: 'offset-mismatch',
    status: 409,
    title: {
      fr: 'L’envoi n’en est pas à cet octet : demandez où il en est (HEAD), puis reprenez là.',
      en: 'The upload is not at this byte: ask how far it has come (HEAD), and go on from there.',
    },
    headers: { 'upload-offset': String(offset) },
  })
