/** What roles may hold: nothing here opens a document or says what one is about. */
export const ROLE_PERMISSIONS = [
  'see',
  'list',
  'check',
  'read-journal',
  'prove',
  'read-box-journal',
  'administer-vaults',
  'administer-rights',
  'administer-people',
  'administer-roles',
  'administer-keys',
  'manage-retention',
  'hold',
  'destroy',
] as const

/** What only a right in a vault gives. */
const VAULT_PERMISSIONS = [
  'deposit',
  'read-content',
  'read-description',
  'create-folders',
  'organise',
] as const

export type RolePermission = (typeof ROLE_PERMISSIONS)[number]
export type Permission = RolePermission | (typeof VAULT_PERMISSIONS)[number]
export const PERMISSIONS: readonly Permission[] = [...ROLE_PERMISSIONS, ...VAULT_PERMISSIONS]

export type Right = 'deposit' | 'read' | 'organise' | 'destroy'

export const BUILT_IN_ROLES = {
  user: [],
  // An auditor checks everything and sees the content, or what a depositor wrote about it, of nothing.
  auditor: ['see', 'list', 'check', 'read-journal', 'prove', 'read-box-journal'],
  'functional-administrator': [
    'see',
    'list',
    'administer-vaults',
    'administer-rights',
    'administer-people',
    'administer-roles',
    'manage-retention',
    'hold',
    'destroy',
  ],
  'technical-administrator': [
    'see',
    'read-box-journal',
    'administer-vaults',
    'administer-rights',
    'administer-people',
    'administer-roles',
    'administer-keys',
  ],
} as const satisfies Readonly<Record<string, readonly RolePermission[]>>

const byRole = new Map<string, readonly RolePermission[]>(Object.entries(BUILT_IN_ROLES))

const byRight: Readonly<Record<Right, readonly Permission[]>> = {
  // A path that a deposit names is made where it is missing.
  deposit: ['see', 'deposit', 'create-folders'],
  read: ['see', 'read-content', 'read-description', 'list', 'check', 'read-journal', 'prove'],
  organise: ['see', 'list', 'read-description', 'create-folders', 'organise'],
  destroy: ['see', 'list', 'destroy'],
}

export const isBuiltIn = (role: string): boolean => byRole.has(role)

/** Who administers roles can give back any permission that was taken away: a box never is without such a user. */
export const ADMINISTRATION: readonly RolePermission[] = ['administer-people', 'administer-roles']
export const ADMINISTRATOR_ROLES: readonly string[] = [...byRole]
  .filter(([, permissions]) => ADMINISTRATION.every((each) => permissions.includes(each)))
  .map(([role]) => role)

/**
 * What somebody's roles give them everywhere.
 * @param custom permissions of those of their roles that are no built-in ones; what no role may hold is passed over, whoever wrote it there
 */
export function permissionsOf(
  roles: readonly string[],
  custom: readonly string[],
): ReadonlySet<Permission> {
  const known = new Set(custom)
  return new Set([
    ...roles.flatMap((role) => byRole.get(role) ?? []),
    ...ROLE_PERMISSIONS.filter((permission) => known.has(permission)),
  ])
}

/** What a token may at most, of what its user may; null: no limit. */
export interface TokenLimits {
  readonly permissions: readonly string[] | null
  readonly vault: string | null
  /** CIDR. */
  readonly networks: readonly string[] | null
}

/** Whose permissions are asked for. */
export interface Holder {
  /** By their roles. */
  readonly permissions: ReadonlySet<Permission>
  readonly limits: TokenLimits
}

/** What somebody may do with the box itself. */
export function permittedOnBox({ permissions, limits }: Holder): ReadonlySet<Permission> {
  return limits.vault === null ? limited(permissions, limits) : new Set()
}

/** What somebody may do in a vault where they have these rights. */
export function permittedIn(
  { permissions, limits }: Holder,
  vault: string,
  rights: readonly Right[],
): ReadonlySet<Permission> {
  if (limits.vault !== null && limits.vault !== vault) return new Set()
  const given = new Set([...permissions, ...rights.flatMap((right) => byRight[right])])
  return limited(given, limits)
}

function limited(
  given: ReadonlySet<Permission>,
  { permissions }: TokenLimits,
): ReadonlySet<Permission> {
  if (permissions === null) return given
  const scope = new Set(permissions)
  // That a vault exists is known to whoever may do something in it.
  return new Set([...given].filter((each) => each === 'see' || scope.has(each)))
}
