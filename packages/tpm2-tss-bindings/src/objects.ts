import { Tpm2Error } from './errors.ts'
import {
  permanent,
  type Answer,
  type Authorisation,
  type Handle,
  type LoadedObject,
  type Use,
} from './use.ts'
import { nameOf } from './wire/public-area.ts'
import { EMPTY, sized, u16, u32 } from './wire/writer.ts'

/** A key or sealed data outside the TPM: only its parent, in its TPM, can load it. */
export interface KeyBlob {
  /** TPMT_PUBLIC. */
  readonly publicArea: Uint8Array
  /** Content of TPM2B_PRIVATE, encrypted by the parent. */
  readonly privatePart: Uint8Array
}

/** What only the caller and the TPM shall know of a new object. */
export interface Sensitive {
  /** Authorisation value; empty by default. */
  readonly authorisation?: Uint8Array
  /** What to seal; none for keys. */
  readonly data?: Uint8Array
}

const NO_PCRS = u32(0)
const NOTHING = new Uint8Array()

/** Gives a command that creates; the one copy of what is secret is wiped. */
async function creating(
  use: Use,
  name: 'Create' | 'CreatePrimary',
  parent: Handle,
  template: Uint8Array,
  { authorisation = NOTHING, data = NOTHING }: Sensitive,
): Promise<Answer> {
  const secret = sized(u16(authorisation.length), authorisation, u16(data.length), data)
  try {
    return await use.send(name, [parent], [secret, sized(template), EMPTY, NO_PCRS])
  } finally {
    secret.fill(0)
  }
}

/**
 * Derives the primary object of a template from a hierarchy's seed (TPM2_CreatePrimary): the same each time.
 * @throws Tpm2Error
 */
export async function createPrimary(
  use: Use,
  hierarchy: Handle,
  template: Uint8Array,
  sensitive: Sensitive = {},
): Promise<LoadedObject> {
  const answer = await creating(use, 'CreatePrimary', hierarchy, template, sensitive)
  return use.flushedAtEnd({ esys: answer.number(0), publicArea: answer.content(1) })
}

/** Makes an object under a parent (TPM2_Create); nothing stays loaded. @throws Tpm2Error */
export async function create(
  use: Use,
  parent: Handle,
  template: Uint8Array,
  sensitive: Sensitive = {},
): Promise<KeyBlob> {
  const answer = await creating(use, 'Create', parent, template, sensitive)
  return { privatePart: answer.content(0), publicArea: answer.content(1) }
}

/** Loads a blob under the parent that made it. @throws Tpm2Error `not-of-this-tpm` */
export async function load(use: Use, parent: Handle, blob: KeyBlob): Promise<LoadedObject> {
  const inputs = [sized(blob.privatePart), sized(blob.publicArea)]
  const answer = await use.send('Load', [parent], inputs)
  return use.flushedAtEnd({ esys: answer.number(0), publicArea: blob.publicArea })
}

/** Loads a public key from outside, to check signatures or to make credentials for it (TPM2_LoadExternal). @throws Tpm2Error */
export async function loadExternal(
  use: Use,
  publicArea: Uint8Array,
  hierarchy: Handle = permanent.owner,
): Promise<LoadedObject> {
  const answer = await use.send('LoadExternal', [], [null, sized(publicArea), hierarchy.esys])
  return use.flushedAtEnd({ esys: answer.number(0), publicArea })
}

/** The public area as the TPM tells it. @throws Tpm2Error */
export async function readPublic(use: Use, object: Handle): Promise<Uint8Array> {
  return (await use.send('ReadPublic', [object], [])).content(0)
}

/**
 * An object that was made persistent.
 * @param name what its Name must be: a session salted to another key would be no secret
 * @throws Tpm2Error `not-found`; `not-trusted` when it is another object
 */
export async function persistentObject(
  use: Use,
  tpmHandle: number,
  name?: Uint8Array,
): Promise<LoadedObject> {
  const handle = await use.existing(tpmHandle)
  const publicArea = await readPublic(use, handle)
  if (name !== undefined && !Buffer.from(name).equals(nameOf(publicArea))) {
    throw new Tpm2Error(
      'not-trusted',
      `The TPM holds another key under 0x${tpmHandle.toString(16)} than expected.`,
    )
  }
  return { ...handle, publicArea }
}

/**
 * Keeps a loaded object in the TPM's NV memory under 0x81000000 … 0x817fffff (TPM2_EvictControl).
 * @throws Tpm2Error `already-defined`
 */
export async function makePersistent(
  use: Use,
  object: Handle,
  tpmHandle: number,
  authorisation?: Authorisation,
): Promise<void> {
  await use.send('EvictControl', [permanent.owner, object], [tpmHandle], authorisation)
}

/** Removes a persistent object. @throws Tpm2Error `not-found` */
export async function removePersistent(
  use: Use,
  tpmHandle: number,
  authorisation?: Authorisation,
): Promise<void> {
  const object = await use.existing(tpmHandle)
  await use.send('EvictControl', [permanent.owner, object], [tpmHandle], authorisation)
  use.forgotten(object)
}
