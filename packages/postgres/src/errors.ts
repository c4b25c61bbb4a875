import pg from 'pg'

/** What to do about an error: nothing helps, try again, or the caller's input was wrong. */
export type FaultKind = 'fatal' | 'retryable' | 'caller'

export type PostgresErrorCode =
  /** No server answers on the socket, or it is starting, stopping or full. Retryable. */
  | 'unreachable'
  /** The connection broke before COMMIT was sent: nothing was committed. Retryable. */
  | 'connection-lost'
  /** Serialisation failure or deadlock: rolled back. Retryable. */
  | 'conflict'
  /** A constraint or the data's form refused the values. The caller's fault. */
  | 'refused-value'
  /** COMMIT ended in a rollback because the callback swallowed an earlier error. Fatal. */
  | 'rolled-back'
  /** A client was used after its transaction ended. Fatal. */
  | 'transaction-over'
  /** Anything else the server said: missing rights, wrong SQL, full disk. Fatal. */
  | 'server'
  /** Migration files that are wrong, or a database newer than they are. Fatal. */
  | 'migration'
  /** The embedded server can't be made or started; the message says what to do. Fatal. */
  | 'cluster'

const KINDS: Partial<Record<PostgresErrorCode, FaultKind>> = {
  unreachable: 'retryable',
  'connection-lost': 'retryable',
  conflict: 'retryable',
  'refused-value': 'caller',
}

/** Every error of this package but {@link UnknownCommitState}; callers switch on `code` or `kind`. */
export class PostgresError extends Error {
  override readonly name: string = 'PostgresError'
  readonly code: PostgresErrorCode
  readonly kind: FaultKind
  /** Five characters of the SQL standard, when the server answered. */
  readonly sqlState: string | undefined
  /** Name of the violated constraint, when there is one. */
  readonly constraint: string | undefined

  constructor(code: PostgresErrorCode, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
    this.kind = KINDS[code] ?? 'fatal'
    this.sqlState = cause instanceof pg.DatabaseError ? cause.code : undefined
    this.constraint = cause instanceof pg.DatabaseError ? cause.constraint : undefined
  }
}

/**
 * COMMIT was sent and no answer came: the transaction may be durable or not. The process must stop
 * and recover by the code that starts normally; trying again could do the work twice.
 */
export class UnknownCommitState extends Error {
  override readonly name = 'UnknownCommitState'
  readonly kind = 'fatal'

  constructor(cause: unknown) {
    super('COMMIT was sent but its outcome is unknown', { cause })
  }
}

/** SQLSTATEs that say "not now": connection refused, too many, starting up or shutting down. */
const NOT_NOW = ['53300', '57P01', '57P02', '57P03', '57P05']

/** Serialisation failure and deadlock. */
const CONFLICTS = ['40001', '40P01']

/** Gives a driver's error its type; errors of others (a callback's own) come back unchanged. */
export function typedError(error: unknown): unknown {
  if (error instanceof pg.DatabaseError) return fromServer(error)
  if (isConnectionFailure(error)) {
    const code = error.syscall === 'connect' ? 'unreachable' : 'connection-lost'
    return new PostgresError(code, `PostgreSQL: ${error.message}`, error)
  }
  return error
}

function fromServer(error: pg.DatabaseError): PostgresError {
  const sqlState = error.code ?? ''
  const message = `PostgreSQL ${sqlState}: ${error.message}`
  if (CONFLICTS.includes(sqlState)) return new PostgresError('conflict', message, error)
  if (sqlState.startsWith('08')) return new PostgresError('connection-lost', message, error)
  if (NOT_NOW.includes(sqlState)) return new PostgresError('unreachable', message, error)
  if (sqlState.startsWith('22') || sqlState.startsWith('23'))
    return new PostgresError('refused-value', message, error)
  return new PostgresError('server', message, error)
}

/** What the driver itself says when its socket fails; these carry no SQLSTATE. */
const DRIVER_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|timeout exceeded when trying to connect|timeout expired|Client was closed)/

function isConnectionFailure(error: unknown): error is NodeJS.ErrnoException {
  if (!(error instanceof Error)) return false
  return ('syscall' in error && 'errno' in error) || DRIVER_MESSAGES.test(error.message)
}
