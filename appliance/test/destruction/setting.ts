import { generateKeyPairSync, sign } from 'node:crypto'
import {
  cosignatureLine,
  cosignatureMessage,
  formatVkey,
  parseAnchors,
  parseNote,
  parseVkey,
  utf8,
  verifyBundle,
  type BundleReport,
} from '@probant/evidence'
import { nodeCrypto, rawPublicKey } from '@probant/keys'
import { openZip } from '@probant/verification'
import { keepCosignatures } from '../../src/store/cosignatures.ts'
import { newestCheckpoint } from '../../src/store/journal.ts'
import { createWorld, form, staff, type World } from '../world.ts'

const witness = (() => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }))
  const vkey = formatVkey('witness', 4, rawPublicKey('ed25519', spki), nodeCrypto)
  return { vkey, privateKey }
})()

/** A box with a witness, somebody who deposits and reads, and a functional administrator who reads there too. */
export async function destroyingWorld() {
  const centre = { witnessKeys: [witness.vkey], auditKey: witness.vkey }
  const world = await createWorld({ centre })
  const people = await staff(world)
  return { world, ...people, manager: await managerOf(world, people.vault, 'fonc') }
}

/** The token of a new functional administrator who is a member of the vault as well. */
export async function managerOf(world: World, vault: string, user: string): Promise<string> {
  const token = world.identity.adminToken
  const post = async (path: string, json: unknown) =>
    (await (await world.call('POST', path, { token, json })).json()) as Record<string, string>
  const roles = ['functional-administrator']
  const { id } = await post('/users', { user, name: user, password: 'a password, long', roles })
  const member = `/vaults/${vault}/members/${id ?? ''}`
  await world.call('PUT', member, { token, json: { rights: ['deposit', 'read'] } })
  return (await post('/tokens', { user: id, label: 'test', expiresInDays: 30 }))['token'] ?? ''
}

/** A cosignature of the newest checkpoint, at this time by the witness's clock. */
export async function cosign({ box }: World, atMs: number): Promise<void> {
  const head = await newestCheckpoint(box.database)
  const { text } = parseNote(head?.note ?? '')
  const key = parseVkey(witness.vkey)
  const timestamp = Math.floor(atMs / 1000)
  const message = cosignatureMessage({ name: key.name, type: 4 }, text, timestamp)
  const signature = new Uint8Array(sign(null, message, witness.privateKey))
  const line = cosignatureLine(key, timestamp, signature)
  const row = { size: head?.size ?? 0, name: key.name, keyId: key.keyId, type: 4, line, timestamp }
  await keepCosignatures(box.database, [row], box.clock.nowMs())
}

export async function depositIn(
  world: World,
  vault: string,
  token: string,
  metadata: object = {},
  content = 'some bytes',
): Promise<string> {
  const body = form(content, 'a.txt', { title: 'a', ...metadata })
  const answer = await world.call('POST', `/vaults/${vault}/objects`, { token, body })
  return ((await answer.json()) as { id: string }).id
}

/** What a verifier with the box's keys makes of a bundle. */
export async function verified({ box }: World, zip: ArrayBuffer): Promise<BundleReport> {
  const journal = formatVkey(box.journal.origin, 2, box.journalKey, nodeCrypto)
  const files = new Map([
    ['journal.vkeys', utf8(`${journal}\n`)],
    ['witness.vkeys', utf8(`${witness.vkey}\n`)],
    ['box.txt', utf8(`${box.settings.boxId}\n`)],
  ])
  const opened = await openZip(new Blob([zip]))
  try {
    return await verifyBundle(nodeCrypto, opened, parseAnchors(files, nodeCrypto))
  } finally {
    await opened.close()
  }
}
