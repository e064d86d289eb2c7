/**
 * The live socket at `/live`: one WebSocket per tab with many channels. Both ends import this file.
 * Text frames are JSON messages of the two unions below. Binary frames are journal frames (`journal-frame.ts`), each
 * for the channel in its header.
 *
 * Flow control: the client grants credit in payload bytes, and the server never sends more on a channel. Credit is
 * granted again when xterm has parsed the bytes, not when they arrived.
 */
import { z } from 'zod'
import { executionSchema } from '@/lib/process-api/execution'
import { engineEventSchema, journalStreamSchema } from '@/lib/process-api/extensions'
import { maxTerminalSide } from '@/lib/process-api/terminal-limits'
import { cellPartSchema, cellRefSchema } from './cell-protocol'
import { creditWindow, maxInputBytes } from './limits'

/** The journal that a channel follows. */
export const journalRefSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('command'), sandboxId: z.string(), sessionId: z.string(), commandId: z.string() }),
  z.object({ kind: z.literal('run'), sandboxId: z.string(), runId: z.string() }),
])
export type JournalRef = z.infer<typeof journalRefSchema>

const channelSchema = z.number().int().min(1).max(0xffff_ffff)
const creditSchema = z
  .number()
  .int()
  .min(0)
  .max(creditWindow * 4)
const sideSchema = z.number().int().min(1).max(maxTerminalSide)

export const clientMessageSchema = z.discriminatedUnion('t', [
  /**
   * Follow a journal of the target named `target` from an absolute byte offset. With `stream`, follow only that stream:
   * all offsets and sizes of the channel then count the bytes of the stream.
   */
  z.object({
    t: z.literal('open'),
    ch: channelSchema,
    target: z.string(),
    ref: journalRefSchema,
    stream: journalStreamSchema.nullish(),
    from: z.number().int().min(0),
    credit: creditSchema,
  }),
  /**
   * Attach to a terminal. `client` is the name under which this tab may own the size. `writer` identifies the sender of
   * the input across reconnects; a new one starts a new numbering.
   */
  z.object({
    t: z.literal('open-pty'),
    ch: channelSchema,
    target: z.string(),
    sandboxId: z.string(),
    ptyId: z.string(),
    client: z.string().min(1).max(100),
    writer: z.uuid(),
    credit: creditSchema,
  }),
  /** Input for a terminal, base64. Numbers are consecutive. */
  z.object({
    t: z.literal('pty-input'),
    ch: channelSchema,
    n: z.number().int().min(1),
    data: z.base64().max(Math.ceil(maxInputBytes / 3) * 4),
  }),
  /** Set the size. Ignored while another client owns it, unless `take` is true. */
  z.object({ t: z.literal('pty-resize'), ch: channelSchema, cols: sideSchema, rows: sideSchema, take: z.boolean() }),
  z.object({ t: z.literal('credit'), ch: channelSchema, bytes: z.number().int().min(1) }),
  z.object({ t: z.literal('close'), ch: channelSchema }),
  /** Watch a run of an interpreter context from its start. `close` ends the channel. */
  z.object({ t: z.literal('cell'), ch: channelSchema, target: z.string(), ref: cellRefSchema }),
  /**
   * Receive the target's changes as `event` messages until the socket closes. `sandboxId` is the sandbox that the tab
   * shows: the sessions of a target without push are polled only there. A later message replaces an earlier one.
   */
  z.object({ t: z.literal('watch'), target: z.string(), sandboxId: z.string().nullish() }),
  z.object({ t: z.literal('ping'), n: z.number() }),
])
export type ClientMessage = z.infer<typeof clientMessageSchema>

export const serverMessageSchema = z.discriminatedUnion('t', [
  /** The first message. A tab compares `build` with its own to detect a new version. */
  z.object({ t: z.literal('hello'), build: z.string(), heartbeatMs: z.number() }),
  /** The stream is connected: the next frame starts at `from`. Sent again when it is connected again after `away`. */
  z.object({ t: z.literal('opened'), ch: channelSchema, from: z.number(), size: z.number().nullable() }),
  /** The viewer lags by this many bytes. Sent when the lag exceeds 1 MiB, when it changes much, and when it is over: 0. */
  z.object({ t: z.literal('behind'), ch: channelSchema, bytes: z.number() }),
  /** The execution ended and all its output was sent. The channel stays open for processes that were left behind. */
  z.object({ t: z.literal('end'), ch: channelSchema, offset: z.number(), execution: executionSchema.nullable() }),
  /** The connection to the target is lost; the hub retries and continues at the same offset. The command may still run. */
  z.object({ t: z.literal('away'), ch: channelSchema, retryMs: z.number(), message: z.string() }),
  /** What a watched cell has produced. With `reset`, everything from the start of the cell follows. */
  z.object({ t: z.literal('cell'), ch: channelSchema, reset: z.boolean(), parts: z.array(cellPartSchema) }),
  /**
   * The terminal is connected, for the first time or again. `received` is the last batch of this writer that the hub has;
   * null when the hub does not know the writer, so that it cannot know either what was delivered.
   */
  z.object({ t: z.literal('pty-opened'), ch: channelSchema, received: z.number().nullable() }),
  /**
   * Draw `data` on an empty terminal of this size; the frames that follow continue at `offset`. Null where the target
   * does not keep the screen: draw nothing, and leave what is there. `skipped` bytes were left out because this tab was
   * too slow.
   */
  z.object({
    t: z.literal('pty-screen'),
    ch: channelSchema,
    offset: z.number(),
    cols: z.number(),
    rows: z.number(),
    sizeOwner: z.string().nullable(),
    skipped: z.number(),
    data: z.string().nullable(),
  }),
  /** The size changed at this position of the output. */
  z.object({
    t: z.literal('pty-size'),
    ch: channelSchema,
    cols: z.number(),
    rows: z.number(),
    sizeOwner: z.string().nullable(),
  }),
  /** The target has received all batches up to this one. */
  z.object({ t: z.literal('pty-ack'), ch: channelSchema, n: z.number() }),
  /** The batches from this one on may not have been delivered. The writer is closed: open the terminal with a new one. */
  z.object({ t: z.literal('pty-lost'), ch: channelSchema, from: z.number() }),
  /** The terminal ended, and all its output was sent. `exitCode` is null where the target did not report one. */
  z.object({
    t: z.literal('pty-exit'),
    ch: channelSchema,
    exitCode: z.number().nullable(),
    reason: z.string().nullable(),
    message: z.string().nullable(),
  }),
  z.object({ t: z.literal('error'), ch: channelSchema.nullable(), code: z.string(), message: z.string() }),
  z.object({ t: z.literal('event'), target: z.string(), event: engineEventSchema }),
  /** The state of the subscription to the target. After `down` and `up`, the tab refetches what it shows. */
  z.object({ t: z.literal('target'), target: z.string(), state: z.enum(['up', 'down']) }),
  z.object({ t: z.literal('ping'), n: z.number() }),
  z.object({ t: z.literal('pong'), n: z.number() }),
])
export type ServerMessage = z.infer<typeof serverMessageSchema>
