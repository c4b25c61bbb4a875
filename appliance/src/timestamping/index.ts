export { AUTHORITY_LABELS, createAuthority, openAuthority } from './authority.ts'
export { POLICY_OID } from './oids.ts'
