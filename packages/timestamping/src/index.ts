export type { AcceptedToken } from './authority.ts'
export { NoQuorum, TimestampClient, type AuthorityFailure, type Stamped } from './client.ts'
export { TimestampError, type TimestampErrorCode } from './errors.ts'
export { ProxySettings, TimestampingSettings, type AuthoritySettings } from './settings.ts'
