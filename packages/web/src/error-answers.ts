import {
  badRequest,
  bodyTooLarge,
  forbidden,
  internalError,
  notFound,
  unauthenticated,
  unavailable,
  unreadableBody,
  unsupportedMedia,
} from './known-problems.ts'
import { Problem } from './problem.ts'

const byCode: Readonly<Record<string, (cause: unknown, limitBytes?: number) => Problem>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: (_cause, limitBytes) => bodyTooLarge(limitBytes),
  FST_REQ_FILE_TOO_LARGE: () => bodyTooLarge(),
  FST_FILES_LIMIT: () => bodyTooLarge(),
  FST_FIELDS_LIMIT: () => bodyTooLarge(),
  FST_PARTS_LIMIT: () => bodyTooLarge(),
  FST_ERR_CTP_INVALID_MEDIA_TYPE: unsupportedMedia,
  FST_INVALID_MULTIPART_CONTENT_TYPE: unsupportedMedia,
  FST_ERR_CTP_EMPTY_JSON_BODY: unreadableBody,
  FST_ERR_CTP_INVALID_JSON_BODY: unreadableBody,
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: unreadableBody,
  FST_UNDER_PRESSURE: unavailable,
}

const byStatus: Readonly<Record<number, (cause: unknown) => Problem>> = {
  401: unauthenticated,
  403: forbidden,
  404: notFound,
  413: () => bodyTooLarge(),
  415: unsupportedMedia,
  503: unavailable,
}

/**
 * What the outside is told of anything thrown. Whatever is not known to be the caller's fault is ours, and says nothing.
 *
 * @param limitBytes how much the route reads into memory, told to who sent more
 */
export function problemOf(error: unknown, limitBytes?: number): Problem {
  if (error instanceof Problem) return error
  if (!(error instanceof Error)) return internalError(error)
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  const status =
    'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500
  const known = byCode[code] ?? byStatus[status]
  if (known) return known(error, limitBytes)
  return status >= 400 && status < 500 ? badRequest(error) : internalError(error)
}
