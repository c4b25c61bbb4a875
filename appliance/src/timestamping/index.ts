export {
  AUTHORITY_LABELS,
  createAuthority,
  openAuthority,
  type Authority,
  type AuthorityOptions,
} from './authority.ts'
export { POLICY_OID } from './oids.ts'
