export { setFormerAuthorityAside } from './former-authority.ts'
export type { Authority } from './authority.ts'
export { AUTHORITY_LABELS, createAuthority, openAuthority } from './authority.ts'
export { POLICY_OID } from './oids.ts'
