import { Flag, Mechanism } from '../constants.ts'
import { enclosings, type Enclosing } from '../settings.ts'
import type { Token } from '../token.ts'
import { aesGcm } from './aes-gcm.ts'
import type { EnclosingMethod } from './method.ts'
import { keyWrapPad } from './key-wrap-pad.ts'
import { rsaOaep } from './rsa-oaep.ts'

const methods: Readonly<Record<Enclosing, EnclosingMethod>> = {
  'aes-256-gcm': aesGcm,
  'aes-256-key-wrap-pad': keyWrapPad,
  'rsa-3072-oaep': rsaOaep,
}

export const methodOf = (enclosing: Enclosing): EnclosingMethod => methods[enclosing]

/** The first that the token says it offers. */
export function enclosingOffered(
  token: Token,
  preferred: Enclosing | undefined,
): Enclosing | undefined {
  const has = (mechanism: number, flag = 0) => {
    const info = token.offers(mechanism)
    return info !== undefined && (info.flags & flag) === flag
  }
  const offered: Readonly<Record<Enclosing, boolean>> = {
    'aes-256-gcm': has(Mechanism.aesKeyGen) && has(Mechanism.aesGcm, Flag.encrypt),
    'aes-256-key-wrap-pad': has(Mechanism.aesKeyGen) && has(Mechanism.aesKeyWrapPad, Flag.wrap),
    'rsa-3072-oaep': token.makesRsaPairs && has(Mechanism.rsaOaep) && token.offersEcdsa,
  }
  return enclosings.find((one) => offered[one] && (preferred === undefined || preferred === one))
}
