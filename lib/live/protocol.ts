/**
 * The live socket: one WebSocket a tab at `/live`, many channels on it. Both ends import this file.
 * Text frames are JSON messages of the two unions below; binary frames are journal frames (`journal-frame.ts`)
 * whose channel says where they belong.
 *
 * Flow control: the client grants credit in payload bytes; the server sends a channel no more than it was granted.
 * Credit is given back when xterm has parsed the bytes, not when they arrived.
 */
import { z } from 'zod'
import { executionSchema } from '@/lib/process-api/execution'
import { engineEventSchema, journalStreamSchema } from '@/lib/process-api/extensions'

/** Bytes that a client may have unparsed on one channel, and how much parsed data it gathers before it says so. */
export const creditWindow = 512 * 1024
export const creditStep = 128 * 1024
/** The server pings at this interval; a side that heard nothing for twice as long treats the socket as dead. */
export const heartbeatMs = 20_000

/** What a log channel follows. */
export const journalRefSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('command'), sandboxId: z.string(), sessionId: z.string(), commandId: z.string() }),
  z.object({ kind: z.literal('run'), sandboxId: z.string(), runId: z.string() }),
])
export type JournalRef = z.infer<typeof journalRefSchema>

const channelSchema = z.number().int().min(1).max(0xffff_ffff)

export const clientMessageSchema = z.discriminatedUnion('t', [
  /**
   * Follow a journal from an absolute byte offset that the client has; `target` is a target's name. With `stream`, that
   * stream alone, as a log of its own: all offsets and sizes of the channel are then those of the stream.
   */
  z.object({
    t: z.literal('open'),
    ch: channelSchema,
    target: z.string(),
    ref: journalRefSchema,
    stream: journalStreamSchema.nullish(),
    from: z.number().int().min(0),
    credit: z
      .number()
      .int()
      .min(0)
      .max(creditWindow * 4),
  }),
  z.object({ t: z.literal('credit'), ch: channelSchema, bytes: z.number().int().min(1) }),
  z.object({ t: z.literal('close'), ch: channelSchema }),
  /**
   * Receive the target's changes as `event` messages until the socket closes. `sandboxId` is the sandbox that the tab
   * shows: a target without push is asked about its sessions. Sent again it replaces what was said before.
   */
  z.object({ t: z.literal('watch'), target: z.string(), sandboxId: z.string().nullish() }),
  z.object({ t: z.literal('ping'), n: z.number() }),
])
export type ClientMessage = z.infer<typeof clientMessageSchema>

export const serverMessageSchema = z.discriminatedUnion('t', [
  /** First message. `build` lets a stale tab notice a new version. */
  z.object({ t: z.literal('hello'), build: z.string(), heartbeatMs: z.number() }),
  /** The stream flows: the next frame is at `from`. Told again when it flows again after `away`. */
  z.object({ t: z.literal('opened'), ch: channelSchema, from: z.number(), size: z.number().nullable() }),
  /** The viewer is this many bytes behind the journal's end (told when it falls behind by over 1 MiB, and on catching up: 0). */
  z.object({ t: z.literal('behind'), ch: channelSchema, bytes: z.number() }),
  /** The execution ended and the channel has had every byte; the channel stays open for what survivors print. */
  z.object({ t: z.literal('end'), ch: channelSchema, offset: z.number(), execution: executionSchema.nullable() }),
  /** The stream to the target is away; the hub keeps trying and continues at the same offset. Says nothing of the command. */
  z.object({ t: z.literal('away'), ch: channelSchema, retryMs: z.number(), message: z.string() }),
  z.object({ t: z.literal('error'), ch: channelSchema.nullable(), code: z.string(), message: z.string() }),
  z.object({ t: z.literal('event'), target: z.string(), event: engineEventSchema }),
  /** State of the subscription to the target: after `up` following `down`, re-read what you show. */
  z.object({ t: z.literal('target'), target: z.string(), state: z.enum(['up', 'down']) }),
  z.object({ t: z.literal('ping'), n: z.number() }),
  z.object({ t: z.literal('pong'), n: z.number() }),
])
export type ServerMessage = z.infer<typeof serverMessageSchema>
