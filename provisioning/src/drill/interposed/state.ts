import { Type, type Static } from 'typebox'

/** How the machine under some of the copy’s processes misbehaves; what is absent works. */
export const machineState = Type.Object({
  /** Processes that it befalls. */
  parts: Type.Array(Type.Enum(['appliance', 'agent', 'supervisor'])),
  clock: Type.Optional(
    Type.Object({
      /** Added to the wall clock, ms. */
      offsetMs: Type.Number(),
      /** The wall clock stands still at this instant, ms; null: it goes. */
      frozenAtMs: Type.Union([Type.Number(), Type.Null()]),
    }),
  ),
  /** What the key store answers when it is asked to sign. */
  signer: Type.Optional(Type.Enum(['wrong', 'error', 'nothing'])),
  disk: Type.Optional(
    Type.Object({
      /** Files below this folder. */
      under: Type.String(),
      /** `create`: opening a file that is to be written. */
      calls: Type.Array(Type.Enum(['create', 'write', 'sync', 'rename'])),
      /** Error of those calls (`ENOSPC`, `EROFS`, `EIO`); null: they take long, and work. */
      code: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
})

export type MachineState = Static<typeof machineState>
export type DiskCall = NonNullable<MachineState['disk']>['calls'][number]

/** Environment variable with the path of the file that holds the state. */
export const STATE_FILE = 'PROBANT_DRILL_MACHINE'
