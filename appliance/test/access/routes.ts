import { uploadMetadata } from '../upload/sender.ts'
import { form } from '../world.ts'

/** Who calls. A member has every right in their own vault, and none in the other. */
export const CALLERS = ['member', 'auditor', 'functional', 'technical'] as const
export type Name = (typeof CALLERS)[number]
/** A custom role of every permission that a role may hold: it may what any of these may, and reads nothing. */
export const ROLES_TOGETHER: readonly Name[] = ['auditor', 'functional', 'technical']

/** What a request may name: all of it exists, `vault` and `object` in the vault that is tried. */
export interface Place {
  readonly vault: string
  readonly object: string
  readonly user: string
  readonly token: string
  /** Different for each request. */
  readonly fresh: string
}

export interface Sent {
  readonly json?: unknown
  readonly body?: FormData
  readonly headers?: Record<string, string>
}

/** Who may, and what to send so that nothing but a missing right can be the reason for a refusal. */
export type Line = Sending &
  (
    | { readonly of: 'everybody' }
    | { readonly of: 'whoever signed in' }
    /** A token does not do: 403 for each of the callers, who hold tokens. */
    | { readonly of: 'sessions' }
    | { readonly of: 'box' | 'vault'; readonly may: readonly Name[] }
  )

interface Sending {
  /** Where what is asked for must not even be known. */
  readonly refusal?: 404
  readonly send?: (place: Place) => Sent
}

const readers: readonly Name[] = ['member', 'auditor']
const administrators: readonly Name[] = ['functional', 'technical']

const box = (may: readonly Name[], send?: Line['send']): Line => ({
  of: 'box',
  may,
  ...(send && { send }),
})
const vault = (may: readonly Name[], send?: Line['send']): Line => ({
  of: 'vault',
  may,
  ...(send && { send }),
})
const json = (json: unknown) => () => ({ json })
const everybody: Line = { of: 'everybody' }
const whoeverSignedIn: Line = { of: 'whoever signed in' }
const sessions = (json?: unknown): Line => ({
  of: 'sessions',
  ...(json !== undefined && { send: () => ({ json }) }),
})
const password = 'a password of the tests'
/** Of nobody here: each is their sender's alone. */
const ofAnUpload: Line = {
  ...whoeverSignedIn,
  send: () => ({
    headers: {
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
    },
  }),
}
const digests = { sha256: '00'.repeat(32), 'sha3-256': '00'.repeat(32) }

/** What is expected of every route that the server registers: one line each, or the matrix fails. */
export const ROUTES: Readonly<Record<string, Line>> = {
  'POST /sessions': everybody,
  'DELETE /sessions/current': everybody,
  'GET /sessions/current': whoeverSignedIn,
  'GET /sessions': whoeverSignedIn,
  'DELETE /sessions/{session}': whoeverSignedIn,
  'POST /sessions/passkey-challenges': everybody,
  'POST /sessions/passkey': everybody,
  'GET /second-factors': sessions(),
  'POST /second-factors/app': sessions({ password }),
  'POST /second-factors/app/confirmation': sessions({ code: '000000' }),
  'DELETE /second-factors/app': sessions({ password }),
  'POST /second-factors/recovery-codes': sessions({ password }),
  'POST /passkeys/challenges': sessions({ password }),
  'POST /passkeys': sessions({
    label: 'matrix',
    response: { id: 'x', clientDataJSON: 'x', attestationObject: 'x' },
  }),
  'GET /passkeys': sessions(),
  'DELETE /passkeys/{passkey}': sessions({ password }),
  'PUT /password': sessions({ password, newPassword: password }),
  'GET /journal': whoeverSignedIn,
  'GET /journal/head': whoeverSignedIn,

  'GET /vaults': whoeverSignedIn,
  'POST /vaults': box(administrators, ({ fresh }) => ({ json: { name: fresh } })),
  'GET /vaults/{vault}': vault(['member', 'auditor', ...administrators]),
  'PATCH /vaults/{vault}': vault(administrators, ({ fresh }) => ({ json: { name: fresh } })),
  'PUT /vaults/{vault}/members/{user}': vault(administrators, json({ rights: [] })),
  'PUT /vaults/{vault}/groups/{group}': vault(administrators, json({ rights: [] })),
  'GET /vaults/{vault}/rights': vault(administrators),

  'GET /vaults/{vault}/folders': vault(['member']),
  'POST /vaults/{vault}/folders': vault(['member'], ({ fresh }) => ({ json: { name: fresh } })),
  'GET /vaults/{vault}/folders/{folder}': vault(['member']),
  'PATCH /vaults/{vault}/folders/{folder}': vault(['member'], json({ name: 'Matrix' })),
  'PUT /vaults/{vault}/objects/{id}/folder': vault(['member'], json({ folder: null })),

  'POST /vaults/{vault}/objects': vault(['member'], () => ({ body: form('matrix') })),
  'OPTIONS /uploads': everybody,
  'POST /uploads': vault(['member'], ({ vault }) => ({
    headers: {
      'tus-resumable': '1.0.0',
      'upload-length': '1',
      'upload-metadata': uploadMetadata({ vault, filename: 'x', title: 'x' }),
    },
  })),
  'GET /uploads/{upload}': whoeverSignedIn,
  'PATCH /uploads/{upload}': ofAnUpload,
  'DELETE /uploads/{upload}': ofAnUpload,

  'GET /vaults/{vault}/objects': vault([...readers, 'functional']),
  'GET /vaults/{vault}/inventory': vault([...readers, 'functional']),
  'GET /vaults/{vault}/objects/count': vault([...readers, 'functional']),
  'GET /vaults/{vault}/objects/{id}': vault([...readers, 'functional']),
  'GET /vaults/{vault}/objects/{id}/content': vault(['member']),
  'GET /vaults/{vault}/objects/{id}/files/{file}/content': vault(['member']),
  'GET /vaults/{vault}/objects/{id}/proof': vault(readers),
  'GET /vaults/{vault}/objects/{id}/journal': vault(readers),
  'GET /vaults/{vault}/journal': vault(readers),
  'POST /vaults/{vault}/objects/{id}/integrity-checks': vault(readers),
  'POST /vaults/{vault}/integrity-checks': vault(readers),
  'POST /vaults/{vault}/comparisons': vault(readers, json({ digests })),
  'POST /vaults/{vault}/proofs': vault(readers, ({ object }) => ({ json: { objects: [object] } })),

  'GET /retention-classes': whoeverSignedIn,
  'POST /retention-classes': box(['functional'], ({ fresh }) => ({
    json: { name: fresh, days: 1, starts: 'deposit', fate: 'destroy' },
  })),
  'PATCH /retention-classes/{name}': box(['functional'], json({ days: 2 })),
  'GET /vaults/{vault}/retention': vault([...readers, 'functional']),
  'DELETE /vaults/{vault}/objects/{id}': vault(
    ['member', 'functional'],
    json({ reason: 'matrix' }),
  ),
  // It takes the right to read as well.
  'POST /vaults/{vault}/objects/{id}/restitutions': vault(['member'], json({ reason: 'matrix' })),
  'POST /restitutions/{restitution}/confirmation': {
    of: 'whoever signed in',
    send: json({ digests }),
  },
  'PUT /vaults/{vault}/retention': vault(['functional'], json({ class: null })),
  'PUT /vaults/{vault}/objects/{id}/retention-start': vault(
    ['functional'],
    json({ date: '2030-01-01' }),
  ),
  'GET /holds': box(['auditor', 'functional']),
  'POST /holds': vault(['functional'], ({ vault }) => ({ json: { vault, reason: 'matrix' } })),
  'POST /holds/{hold}/lifting': box(['functional'], json({ reason: 'matrix' })),

  'GET /users': box(administrators),
  'POST /users': box(administrators, ({ fresh }) => ({
    json: { user: fresh, name: fresh, password: 'a password of the tests', roles: ['user'] },
  })),
  'POST /users/{user}/sign-in-reset': box(administrators, json({ newPassword: password })),
  'GET /users/{user}': box(administrators),
  'PATCH /users/{user}': box(administrators, json({ name: 'Matrix' })),
  'GET /groups': box(administrators),
  'POST /groups': box(administrators, ({ fresh }) => ({ json: { name: fresh } })),
  'GET /groups/{group}': box(administrators),
  'PATCH /groups/{group}': box(administrators, ({ fresh }) => ({ json: { name: fresh } })),
  'DELETE /groups/{group}': box(administrators),
  'PUT /groups/{group}/members/{user}': box(administrators),
  'DELETE /groups/{group}/members/{user}': box(administrators),
  'GET /roles': box(administrators),
  'POST /roles': box(administrators, ({ fresh }) => ({
    json: { name: fresh, label: fresh, permissions: ['list'] },
  })),
  'PATCH /roles/{role}': box(administrators, json({ label: 'Matrix' })),
  'DELETE /roles/{role}': box(administrators),

  'GET /tokens': whoeverSignedIn,
  'POST /tokens': box(administrators, ({ user }) => ({
    json: { user, label: 'matrix', expiresInDays: 1 },
  })),
  'DELETE /tokens/{token}': { ...box(administrators), refusal: 404 },

  'GET /seal-certificates': box(['auditor', 'technical']),
  'POST /seal-certificates': box(['technical'], json({ certificates: 'x', root: 'x' })),
  'POST /seal-certificates/requests': box(['technical'], json({ subject: { commonName: 'M' } })),
  'POST /seal-certificates/{key}/withdrawal': box(['technical'], json({ reason: 'other' })),
  'GET /renewals': box(['auditor', 'technical']),
}
