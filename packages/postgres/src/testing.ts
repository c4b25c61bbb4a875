export { testDatabase, type TestDatabase } from './testing/database.ts'
export type { TestDatabaseOptions } from './testing/template.ts'
export { sharedCluster, type SharedCluster } from './testing/shared-cluster.ts'
