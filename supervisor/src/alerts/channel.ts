import type { JsonObject } from '@probant/evidence'
import type { Channel } from '../store/contacts.ts'

/** A message in words, plain text in French and English. */
export interface Message {
  subject: string
  text: string
}

/** What is handed to a channel. Nothing personal: neither the contact nor its address is repeated. */
export interface Outgoing extends Message {
  /** Of the message: the same at every attempt, so that the receiving side recognises what it took already. */
  id: string
  type: 'alert' | 'verification' | 'test' | 'all-clear'
  severity: 'alert' | 'warning' | 'notice'
  /** opened, updated-<n>, reminder-<n>, verification-<n>, test-<seconds>, all-clear-<seconds>. */
  occasion: string
  /** One line in English, for receivers that keep lines. */
  line: string
  /** What machines read. */
  data: JsonObject
  /** What a receiver repeats, or its people tell an operator, to show that it came. */
  challenge?: string
}

/** What came of handing one message over. */
export interface Handover {
  /** `deferred`: try again later; `failed`: it will never be taken. */
  outcome: 'delivered' | 'deferred' | 'failed'
  /** Reply code of the other side, or what failed before it replied. Never its text, which may name people. */
  reply: string
  /** The receiver repeated the challenge. */
  isAnswered?: boolean
}

/** A way to reach contacts. */
export interface Sender {
  /** Hands a message over once. Never throws for what the other side does. */
  send(address: string, message: Outgoing): Promise<Handover>
  close(): void
}

export type Senders = Readonly<Record<Channel, Sender>>

/** What failed before there was a reply, as a code. Tried again: a cut or a wrong certificate may be mended. */
export function unreached(error: unknown): Handover {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined
  return { outcome: 'deferred', reply: typeof code === 'string' ? code : 'no reply' }
}
