export type { Connection } from './connection.ts'
export { createPool, type Database, type PoolOptions } from './database.ts'
export type { Client, NamedStatement, TransactionOptions } from './transaction.ts'
export { trySessionLock, type SessionLock } from './session-lock.ts'
export { migrate, type MigrationOptions } from './migrate.ts'
export {
  PostgresError,
  UnknownCommitState,
  type FaultKind,
  type PostgresErrorCode,
} from './errors.ts'
export { startCluster, type Cluster, type ClusterOptions } from './cluster/cluster.ts'
export type { Exit } from './cluster/server.ts'
export type { DatabaseRights } from './cluster/roles.ts'
