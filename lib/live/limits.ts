/** Limits and intervals of the live socket (`protocol.ts`). In a file without schemas, so that pages need not load the schema library. */

/** The bytes on one channel that may be unparsed, and the number of parsed bytes after which new credit is granted. */
export const creditWindow = 512 * 1024
export const creditStep = 128 * 1024
/** The server pings at this interval. A side that received nothing for twice as long treats the socket as dead. */
export const heartbeatMs = 20_000
/** Limit of one batch of terminal input, in bytes. */
export const maxInputBytes = 32 * 1024
/**
 * Limits of the input that may be sent and not acknowledged, in batches and bytes. Acknowledgements arrive behind output,
 * so there must be room for a Ctrl-C while a program floods the terminal.
 */
export const inputWindow = 64
export const inputWindowBytes = 128 * 1024

/** Reason of the close of a live socket after which the page is rendered again: the role of its person changed. */
export const roleChanged = 'role changed'
