export {
  answer,
  hasOpenssl,
  OpensslAuthority,
  testPolicy,
  type Misbehaviour,
} from './openssl-authority.ts'
