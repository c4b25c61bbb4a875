import type { Right, Role } from '../store/people.ts'

/** What a caller may be allowed to do, with a vault or with the box. */
export type Action =
  | 'see'
  | 'deposit'
  | 'read-content'
  | 'read-description'
  | 'list'
  | 'check'
  | 'read-journal'
  | 'prove'
  | 'administer'
  | 'administer-keys'
  | 'read-box-journal'
  | 'manage-retention'
  | 'hold'

const byRole: Readonly<Record<Role, readonly Action[]>> = {
  user: [],
  // An auditor checks everything and sees the content, or what a depositor wrote about it, of nothing.
  auditor: ['see', 'list', 'check', 'read-journal', 'prove', 'read-box-journal'],
  'functional-administrator': ['see', 'list', 'administer', 'manage-retention', 'hold'],
  'technical-administrator': ['see', 'administer', 'administer-keys', 'read-box-journal'],
}

const byRight: Readonly<Record<Right, readonly Action[]>> = {
  deposit: ['see', 'deposit'],
  read: ['see', 'read-content', 'read-description', 'list', 'check', 'read-journal', 'prove'],
}

/** Whether somebody with these roles, and these rights in the vault concerned, may do it. */
export function may(
  action: Action,
  roles: readonly Role[],
  rights: readonly Right[] = [],
): boolean {
  return (
    roles.some((role) => byRole[role].includes(action)) ||
    rights.some((right) => byRight[right].includes(action))
  )
}
