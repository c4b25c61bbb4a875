/** The SSH subsystem that the centre opens; everything else on its server is refused. */
export const SUBSYSTEM = 'probant-journal'

/** Version of the wire protocol, announced in `hello` and `welcome`. */
export const PROTOCOL_VERSION = 1

/** Longest frame: the type byte and the payload, as counted by the length field. */
export const MAX_FRAME_BYTES = 5 * 1024 * 1024

/** Longest payload of a frame that carries JSON. */
export const MAX_MESSAGE_BYTES = 512 * 1024

/** Longest checkpoint note with every cosignature line it may carry. */
export const MAX_NOTE_BYTES = 64 * 1024

/** Longest segment after decompression: 4 MiB and one checkpoint (formats.md section 12). */
export const MAX_SEGMENT_BYTES = 4 * 1024 * 1024 + MAX_NOTE_BYTES

/** Most traces in one segment (formats.md section 12). */
export const MAX_SEGMENT_TRACES = 1000

/** Most stored segments that one challenge asks for. */
export const MAX_CHALLENGED_SEGMENTS = 64

/** Most hashes in a consistency proof: two per level of a tree of 2^53 leaves. */
export const MAX_PROOF_HASHES = 128

/** Most heads of which one message asks whether they are in the centre's log. */
export const MAX_LOGGED_HEADS = 64

/** Smallest packet that a peer may announce: ssh2 loops for ever on 0 (field notes). */
export const MIN_PACKET_BYTES = 1024

/** Longest event log of a firmware: in base64 it has room in one message, with the quote beside it. */
export const MAX_EVENT_LOG_BYTES = 320 * 1024

/** Registers of a TPM (PC Client Platform TPM Profile). */
export const PCR_COUNT = 24

/** Firmware, its settings and extensions, boot loader, partitions, Secure Boot; kernel and command line; MOK (UAPI group's list). */
export const DEFAULT_PCRS: readonly number[] = [0, 1, 2, 3, 4, 5, 7, 8, 9, 11, 14]

/** Longest answer of a time-stamping authority, in base64: 64 KiB. */
export const MAX_TIMESTAMP_ANSWER_CHARACTERS = 88 * 1024

/** Longest revocation lists beside it, all together, in base64: what a message has room for. */
export const MAX_TIMESTAMP_LISTS_CHARACTERS = 400 * 1024
