export type { AcceptedToken } from './authority.ts'
export { NoQuorum, TimestampClient, type AuthorityFailure, type Stamped } from './client.ts'
export type { ImprintAlgorithm } from './request.ts'
export { TimestampError, type TimestampErrorCode } from './errors.ts'
export { exchange, type Exchange } from './http.ts'
export { encodeRequest } from './request.ts'
export { relayRequest } from './relay.ts'
export type { Relay, RelayedAnswer } from './route.ts'
export {
  ProxySettings,
  ReceptionSettings,
  RelaySettings,
  RenewalSettings,
  TimestampingSettings,
  type AuthoritySettings,
} from './settings.ts'
