import { readFile } from 'node:fs/promises'
import { formatTime, writeDurably, type Clock, type Randomness } from '@probant/host'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { firstNames } from '../configuration/schema.ts'
import { ProvisioningError, systemCode } from '../errors.ts'
import { boxIdentitySchema, centreIdentitySchema, agentIdentitySchema } from './identities.ts'

const databaseRoles = [
  'superuser',
  'boxOwner',
  'boxService',
  'boxJournalReader',
  'centreOwner',
  'centreService',
] as const

const userSchema = Type.Object({
  user: Type.String(),
  name: Type.String(),
  password: Type.String(),
  roles: Type.Array(Type.String()),
})

const stateSchema = Type.Object({
  format: Type.Literal(1),
  createdAt: Type.String(),
  boxId: Type.String(),
  boxName: Type.String(),
  centreName: Type.String(),
  databasePasswords: Type.Object(
    Object.fromEntries(databaseRoles.map((role) => [role, Type.String()])),
  ),
  centre: Type.Optional(centreIdentitySchema),
  box: Type.Optional(boxIdentitySchema),
  agent: Type.Optional(agentIdentitySchema),
  enrolled: Type.Optional(Type.Boolean()),
  demo: Type.Object({
    users: Type.Array(userSchema),
    /** Identifiers of the users that the box knows already, by login. */
    userIds: Type.Record(Type.String(), Type.String()),
    tokens: Type.Record(Type.String(), Type.String()),
    vault: Type.Optional(Type.String()),
    /** Identifier of each deposited document, by file name. */
    documents: Type.Record(Type.String(), Type.String()),
    shipped: Type.Boolean(),
  }),
})

/** As the configuration gives them; undefined where it doesn't. */
interface Names {
  box: string | undefined
  centre: string | undefined
}

type DatabaseRole = (typeof databaseRoles)[number]
export type State = Omit<Static<typeof stateSchema>, 'databasePasswords'> & {
  databasePasswords: Record<DatabaseRole, string>
}

/**
 * What an installation is, once and for all: names, passwords, identities, and how far its first
 * start came. One file, readable by its owner only, replaced durably at each step, so that a start
 * that was cut off goes on where it stopped.
 */
export class StateFile {
  readonly #path: string
  value: State

  private constructor(path: string, value: State) {
    this.#path = path
    this.value = value
  }

  /** Opens the file; in a new folder makes it, with these names and fresh passwords. */
  static async open(
    path: string,
    names: Names,
    clock: Clock,
    randomness: Randomness,
  ): Promise<StateFile> {
    const text = await readFile(path, 'utf8').catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return undefined
      throw error
    })
    if (text !== undefined) return new StateFile(path, parseState(text, path))
    const file = new StateFile(path, newState(names, clock, randomness))
    await file.save()
    return file
  }

  /** Changes the value; durable when this resolves. */
  async update(change: (state: State) => void): Promise<void> {
    change(this.value)
    await this.save()
  }

  async save(): Promise<void> {
    await writeDurably(this.#path, `${JSON.stringify(this.value, undefined, 2)}\n`, 0o600)
  }
}

function newState(names: Names, clock: Clock, randomness: Randomness): State {
  const password = () => Buffer.from(randomness.bytes(24)).toString('base64url')
  return {
    format: 1,
    createdAt: formatTime(clock.nowMs()),
    boxId: randomness.uuid(),
    boxName: names.box ?? firstNames.box,
    centreName: names.centre ?? firstNames.centre,
    databasePasswords: {
      superuser: password(),
      boxOwner: password(),
      boxService: password(),
      boxJournalReader: password(),
      centreOwner: password(),
      centreService: password(),
    },
    demo: { users: [], userIds: {}, tokens: {}, documents: {}, shipped: false },
  }
}

/**
 * Names stand in every checkpoint signed so far, so they can't change.
 * @throws ProvisioningError `bad-configuration` when the configuration asks for other ones
 */
export function checkNames({ boxName, centreName }: State, names: Names): void {
  const kept = { box: boxName, centre: centreName }
  for (const part of ['box', 'centre'] as const)
    if (names[part] !== undefined && names[part] !== kept[part])
      throw new ProvisioningError(
        'bad-configuration',
        `The configuration names the ${part} "${names[part]}", but this installation began as "${kept[part]}": correct ${part}.name, or choose another folder with PROBANT_HOME.`,
      )
}

function parseState(text: string, path: string): State {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (isState(value)) return value
  throw new ProvisioningError(
    'damaged-installation',
    `${path} can't be understood: restore it from a copy, or start anew with npm run reset, which clears the whole installation.`,
  )
}

function isState(value: unknown): value is State {
  return Value.Check(stateSchema, value)
}
