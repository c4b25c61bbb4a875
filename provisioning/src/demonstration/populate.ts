import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Randomness } from '@probant/host'
import { Type } from 'typebox'
import type { DemoUser, StateFile } from '../installation/state.ts'
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

const people = [
  {
    user: 'staff',
    name: 'Camille Martin',
    roles: ['staff'],
    rights: ['deposit', 'read', 'list', 'proof'],
  },
  {
    user: 'auditor',
    name: 'Dominique Bernard',
    roles: ['auditor'],
    rights: ['list', 'journal', 'integrity'],
  },
  { user: 'administrator', name: 'Claude Petit', roles: ['administrator'], rights: [] },
] as const

const anything = Type.Unknown()
const identified = Type.Object({ id: Type.String() })

/**
 * Fills a new box through its REST API, as an administrator and a user would: people, a vault, tokens,
 * documents. Each step is kept, so that a start that was cut off makes nothing twice.
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
        demo.users = people.map(({ user, name, roles }) => this.#person(user, name, [...roles]))
      })
    for (const { user, name, password, roles } of this.#demo.users) {
      if (this.#demo.created.includes(user)) continue
      await this.#administrator()
        .call(anything, 'POST', '/users', { user, name, password, roles, language: 'fr' })
        .catch((error: unknown) => {
          // the box made it, and the start was cut off before this was written down
          if (!wasRefusedWith(error, 409)) throw error
        })
      await this.#state.update(({ demo }) => demo.created.push(user))
    }
  }

  async createVault(): Promise<void> {
    if (this.#demo.vault !== undefined) return
    const { id } = await this.#administrator().call(identified, 'POST', '/vaults', {
      name: 'Démonstration',
    })
    for (const { user, rights } of people)
      if (rights.length > 0)
        await this.#administrator().call(anything, 'PUT', `/vaults/${id}/members/${user}`, {
          rights,
        })
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
        { user, label: 'demo', expiresInDays: TOKEN_DAYS },
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

  #person(user: string, name: string, roles: string[]): DemoUser {
    return { user, name, password: this.#password(), roles }
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
