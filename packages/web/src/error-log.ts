export interface LoggedError {
  name: string
  code?: string
  message?: string
  stack?: string
  cause?: LoggedError
}

/**
 * The part of an error that may be kept in a log: no own property besides the code, because database errors carry
 * the values of rows in theirs.
 *
 * @param callersFault leaves out message and stack: parsers quote what the caller sent, which can be personal
 */
export function loggedError(error: unknown, callersFault = false, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { name: typeof error }
  const cause = error.cause
  return {
    name: error.name,
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    ...(!callersFault && { message: error.message }),
    ...(!callersFault && error.stack !== undefined && { stack: error.stack }),
    ...(cause !== undefined && depth < 4 && { cause: loggedError(cause, callersFault, depth + 1) }),
  }
}
