import type { Queryable } from './journal.ts'

/** Tables to which rows are only ever added, by the migrations. */
const APPEND_ONLY = [
  'audit_receipts',
  'checkpoints',
  'cosignatures',
  'datings',
  'outside_tokens',
  'renewal_tokens',
  'renewals',
  'renewed_records',
  'traces',
] as const

/** Of these, those that can't be emptied as a whole either. */
const NEVER_TRUNCATED = ['checkpoints', 'traces'] as const

const REFUSAL = `
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP;
END `

/** What a barrier should be, and what is there. */
export interface LiftedBarrier {
  readonly expected: string
  readonly found: string
}

/**
 * The database's own barriers that are not as the migrations set them: triggers of the journal, the function that they call, rules and
 * triggers of others, and rights of the service's role to change what is only added to. Whoever has every right can lift them, change
 * something and put them back; one that stays lifted is told.
 */
export async function liftedBarriers(client: Queryable): Promise<LiftedBarrier[]> {
  const lifted: LiftedBarrier[] = []
  const { rows: triggers } = await client.query<{ name: string; enabled: string; body: string }>(
    `SELECT t.tgname AS name, t.tgenabled AS enabled, p.prosrc AS body
     FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE c.relnamespace = 'journal'::regnamespace AND NOT t.tgisinternal`,
  )
  const wanted = [
    ...APPEND_ONLY.map((table) => `${table}_append_only`),
    ...NEVER_TRUNCATED.map((table) => `${table}_never_truncated`),
  ]
  for (const name of wanted) {
    const trigger = triggers.find((each) => each.name === name)
    const expected = `the trigger ${name} of the journal`
    if (trigger === undefined) lifted.push({ expected, found: 'no such trigger' })
    else if (trigger.enabled !== 'O' && trigger.enabled !== 'A')
      lifted.push({ expected, found: 'it is switched off' })
  }
  const expected = 'triggers of the journal that refuse changes'
  for (const { name, body } of triggers)
    if (body !== REFUSAL)
      lifted.push({ expected, found: `the trigger ${name} does something else` })
  const { rows: rules } = await client.query<{ name: string }>(
    `SELECT rulename AS name FROM pg_rules WHERE schemaname = 'journal'`,
  )
  for (const { name } of rules)
    lifted.push({ expected: 'no rules on the journal’s tables', found: `the rule ${name}` })
  const { rows: rights } = await client.query<{ role: string; name: string }>(
    `SELECT role, name FROM unnest($1::text[]) AS name,
       (VALUES ('box_service', 'UPDATE, DELETE, TRUNCATE'),
               ('box_journal_reader', 'INSERT, UPDATE, DELETE, TRUNCATE')) AS r (role, beyond)
     WHERE has_table_privilege(role, 'journal.' || name, beyond)`,
    [[...APPEND_ONLY]],
  )
  for (const { role, name } of rights)
    lifted.push({ expected: `no right of ${role} to change ${name}`, found: 'it has such a right' })
  return lifted
}
