import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Randomness } from '@probant/host'
import { Type } from 'typebox'
import type { StateFile } from '../installation/state.ts'
import { RestClient, wasRefusedWith } from './rest.ts'

const TOKEN_DAYS = 3650
const PASSWORD_LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789'

/** Documents made up for this project: no real person, nothing from outside. */
const documents = [
  {
    file: 'bulletin-de-paie-specimen.pdf',
    title: 'Bulletin de paie (spécimen)',
    type: 'application/pdf',
  },
  {
    file: 'certificat-immatriculation-specimen.pdf',
    title: "Certificat d'immatriculation (spécimen)",
    type: 'application/pdf',
  },
  {
    file: 'declaration-prealable-travaux.pdf',
    title: 'Déclaration préalable de travaux',
    type: 'application/pdf',
  },
  {
    file: 'procede-de-fabrication-confidentiel.pdf',
    title: 'Procédé de fabrication (confidentiel)',
    type: 'application/pdf',
  },
  { file: 'beneficiaires-exemple.csv', title: 'Bénéficiaires (exemple)', type: 'text/csv' },
  { file: 'scan-courrier.jpg', title: 'Courrier numérisé (image)', type: 'image/jpeg' },
  { file: 'scan-courrier.pdf', title: 'Courrier numérisé (PDF)', type: 'application/pdf' },
] as const

interface Person {
  user: string
  name: string
  roles: string[]
  rights: ('deposit' | 'read' | 'organise' | 'destroy')[]
}

const people: Person[] = [
  {
    user: 'staff',
    name: 'Personnel (démonstration)',
    roles: ['user'],
    rights: ['deposit', 'read', 'organise', 'destroy'],
  },
  { user: 'auditor', name: 'Audit (démonstration)', roles: ['auditor'], rights: [] },
  {
    user: 'administrator',
    name: 'Administration (démonstration)',
    roles: ['functional-administrator', 'technical-administrator'],
    rights: [],
  },
]

const VAULT_NAME = 'Démonstration'
/** More than a box has while it is being filled for the first time. */
const WHOLE_LIST = 100

const anything = Type.Unknown()
const identified = Type.Object({ id: Type.String() })
const listed = Type.Object({
  items: Type.Array(
    Type.Object({
      id: Type.String(),
      user: Type.Optional(Type.String()),
      name: Type.Optional(Type.String()),
    }),
  ),
})

/**
 * Fills a new box through its REST API, as an administrator and a user would: people, a vault, tokens,
 * documents. Each step is kept, and one that was cut off before it could be kept is found on the box,
 * so that nothing is made twice.
 */
export class Demonstration {
  readonly #api: string
  readonly #state: StateFile
  readonly #randomness: Randomness
  readonly #documentsFolder: string

  constructor(api: string, state: StateFile, randomness: Randomness, documentsFolder: string) {
    this.#api = api
    this.#state = state
    this.#randomness = randomness
    this.#documentsFolder = documentsFolder
  }

  async createPeople(): Promise<void> {
    if (this.#demo.users.length === 0)
      await this.#state.update(({ demo }) => {
        demo.users = people.map(({ user, name, roles }) => ({
          ...{ user, name, roles },
          password: this.#password(),
        }))
      })
    for (const { user, name, password, roles } of this.#demo.users) {
      if (this.#demo.userIds[user] !== undefined) continue
      const id = await this.#create(
        '/users',
        { user, name, password, roles, language: 'fr' },
        { key: 'user', value: user },
      )
      await this.#state.update(({ demo }) => {
        demo.userIds[user] = id
      })
    }
  }

  async createVault(): Promise<void> {
    if (this.#demo.vault !== undefined) return
    const named = { key: 'name', value: VAULT_NAME } as const
    const id = await this.#create('/vaults', { name: VAULT_NAME }, named)
    for (const { user, rights } of people)
      if (rights.length > 0)
        await this.#administrator().call(
          anything,
          'PUT',
          `/vaults/${id}/members/${this.#userId(user)}`,
          { rights },
        )
    await this.#state.update(({ demo }) => {
      demo.vault = id
    })
  }

  async createTokens(): Promise<void> {
    for (const { user } of people) {
      if (this.#demo.tokens[user] !== undefined) continue
      const { token } = await this.#administrator().call(
        Type.Object({ token: Type.String() }),
        'POST',
        '/tokens',
        { user: this.#userId(user), label: 'demo', expiresInDays: TOKEN_DAYS },
      )
      await this.#state.update(({ demo }) => {
        demo.tokens[user] = token
      })
    }
  }

  /** @returns how many documents were deposited by this call */
  async depositDocuments(): Promise<number> {
    const { vault } = this.#demo
    if (vault === undefined) return 0
    const missing = documents.filter(({ file }) => this.#demo.documents[file] === undefined)
    for (const { file, title, type } of missing) {
      const form = new FormData()
      form.set('metadata', new Blob([JSON.stringify({ title })], { type: 'application/json' }))
      const bytes = await readFile(join(this.#documentsFolder, file))
      form.set('file', new Blob([bytes], { type }), file)
      const { id } = await this.#client('staff').call(
        identified,
        'POST',
        `/vaults/${vault}/objects`,
        form,
        {
          'idempotency-key': `demo-${this.#state.value.boxId}-${file}`,
        },
      )
      await this.#state.update(({ demo }) => {
        demo.documents[file] = id
      })
    }
    return missing.length
  }

  get #demo() {
    return this.#state.value.demo
  }

  #administrator(): RestClient {
    return new RestClient(this.#api, this.#state.value.box?.adminToken ?? '')
  }

  #client(user: string): RestClient {
    return new RestClient(this.#api, this.#demo.tokens[user] ?? '')
  }

  #userId(user: string): string {
    return this.#demo.userIds[user] ?? ''
  }

  /** Makes something with a unique name, or finds what an earlier start made under that name. */
  async #create(
    path: string,
    body: object,
    unique: { key: 'user' | 'name'; value: string },
  ): Promise<string> {
    try {
      return (await this.#administrator().call(identified, 'POST', path, body)).id
    } catch (error) {
      if (!wasRefusedWith(error, 409)) throw error
      const list = await this.#administrator().call(listed, 'GET', `${path}?limit=${WHOLE_LIST}`)
      const existing = list.items.find((item) => item[unique.key] === unique.value)
      if (existing === undefined) throw error
      return existing.id
    }
  }

  /** Four groups of four letters, easy to type: 79 bits. */
  #password(): string {
    const letters: string[] = []
    while (letters.length < 16)
      for (const byte of this.#randomness.bytes(16)) {
        // bytes beyond the last whole multiple would make the first letters likelier
        const letter = byte < 248 ? PASSWORD_LETTERS[byte % PASSWORD_LETTERS.length] : undefined
        if (letter !== undefined && letters.length < 16) letters.push(letter)
      }
    return [0, 4, 8, 12].map((at) => letters.slice(at, at + 4).join('')).join('-')
  }
}
