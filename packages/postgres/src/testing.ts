export { testDatabase, type TestDatabase, type TestDatabaseOptions } from './testing/database.ts'
export { sharedCluster, type SharedCluster } from './testing/shared-cluster.ts'
