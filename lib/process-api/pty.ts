/** Wire schemas of PTYs (sections 2.4 and 5.1), with Sandglass's extensions (capability `pty`). */
import { z } from 'zod'
import { verification } from './execution'
import { idPattern } from './id-pattern'
import { maxTerminalSide, reservedPtyId } from './terminal-limits'

export const defaultCols = 80
export const defaultRows = 24
export const defaultTerm = 'xterm-256color'

/** A PTY's id goes into WebSocket URLs unencoded, as a session's does; `create-connect` is a route. */
export const ptyIdSchema = z
  .string()
  .regex(idPattern, 'a PTY id has 1 to 128 characters out of letters, digits and . _ ~ : @ + -')
  .refine((id) => id !== reservedPtyId, 'create-connect is a reserved PTY id')

/** The reference reads sizes as 16-bit numbers; 0 stands for the default. */
const sideSchema = z.number().int().min(0).max(65_535)

export const createPtyRequestSchema = z.object({
  id: z.string().nullish(),
  cwd: z.string().nullish(),
  envs: z.record(z.string(), z.string()).nullish(),
  cols: sideSchema.nullish(),
  rows: sideSchema.nullish(),
  lazyStart: z.boolean().nullish(),
})
export type CreatePtyRequest = z.infer<typeof createPtyRequestSchema>

export const resizePtyRequestSchema = z.object({ cols: sideSchema, rows: sideSchema })
export type ResizePtyRequest = z.infer<typeof resizePtyRequestSchema>

export const ptySessionInfoSchema = z.object({
  id: z.string(),
  cwd: z.string(),
  envs: z.record(z.string(), z.string()),
  cols: z.number().int(),
  rows: z.number().int(),
  createdAt: z.string(),
  active: z.boolean(),
  lazyStart: z.boolean(),
})
export type PtySessionInfo = z.infer<typeof ptySessionInfoSchema>
export const ptyListSchema = z.object({ sessions: z.array(ptySessionInfoSchema) })

/** Reasons of an exit as the reference words them; absent for exit code 0. */
export const ptyExitSchema = z.object({
  exitCode: z.number().int(),
  exitReason: z.string().optional(),
  /** Extension, for clients with a snapshot: one sentence where the reason does not say enough. */
  message: z.string().optional(),
})
export type PtyExit = z.infer<typeof ptyExitSchema>

/** Control messages that every client may get; `exited` only those that offered the exit control. */
export const ptyControlSchema = z.discriminatedUnion('status', [
  z.object({ type: z.literal('control'), status: z.literal('connected') }),
  z.object({ type: z.literal('control'), status: z.literal('error'), error: z.string() }),
  z.object({ type: z.literal('control'), status: z.literal('exited'), ...ptyExitSchema.shape }),
])
export type PtyControl = z.infer<typeof ptyControlSchema>

/** What a program reports with OSC 9;4: `value` is a percentage, null where it reports activity without a position. */
export const ptyProgressSchema = z.object({
  state: z.enum(['normal', 'error', 'paused']),
  value: z.number().nullable(),
})
export type PtyProgress = z.infer<typeof ptyProgressSchema>

/** Extension: what the engine knows of a PTY beyond the reference. */
export const ptyDetailSchema = ptySessionInfoSchema.extend({
  pid: z.number().int().nullable(),
  /** As of an execution: true while a process reads the terminal, a shell at its prompt included. */
  waitingForInput: z.boolean().nullable().default(null),
  startedAt: z.string().nullable(),
  /** Bytes that the terminal has printed since its start. */
  outputBytes: z.number().int(),
  /** Attached clients that may type, and those that only watch. */
  clients: z.number().int(),
  viewers: z.number().int(),
  /** The attached client that owns the size, or null where nobody does (the last resize wins). */
  sizeOwner: z.string().nullable(),
  /** The recording under way. */
  recording: z.string().nullable(),
  /** As programs set it; empty before. */
  title: z.string().default(''),
  /** How often a program rang the bell. */
  bells: z.number().int().default(0),
  progress: ptyProgressSchema.nullable().default(null),
})
export type PtyDetail = z.infer<typeof ptyDetailSchema>
export type PtySignals = Pick<PtyDetail, 'title' | 'bells' | 'progress'>

/**
 * Extension: attach with `?snapshot=1[&client=<name>][&mode=view]`. Text frames are these messages beside the control
 * messages above, binary frames are journal frames (`journal-frame.ts`) whose offset is the position in the terminal's
 * output. A resize stands in the stream exactly where it took effect.
 */
export const ptyServerMessageSchema = z.discriminatedUnion('type', [
  /**
   * Draw this first, on a terminal of that size: it restores screen, scrollback, cursor and modes as they were at
   * `offset`; the frames that follow continue there. Sent again after a gap: `skipped` bytes before `offset` were left
   * out because the client was too slow.
   */
  z.object({
    type: z.literal('snapshot'),
    client: z.string(),
    offset: z.number().int(),
    cols: z.number().int(),
    rows: z.number().int(),
    sizeOwner: z.string().nullable(),
    alternateScreen: z.boolean(),
    skipped: z.number().int(),
    data: z.string(),
  }),
  z.object({
    type: z.literal('size'),
    offset: z.number().int(),
    cols: z.number().int(),
    rows: z.number().int(),
    sizeOwner: z.string().nullable(),
  }),
  z.object({ type: z.literal('refused'), message: z.string() }),
])
export type PtyServerMessage = z.infer<typeof ptyServerMessageSchema>

const clientSideSchema = z.number().int().min(1).max(maxTerminalSide)

/**
 * Extension: text messages of a client that attached with a snapshot (its keystrokes are binary frames).
 * `resize` is heeded from the owner of the size, or from anyone while there is none, who then becomes the owner.
 */
export const ptyClientMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('input'), data: z.string() }),
  z.object({ type: z.literal('resize'), cols: clientSideSchema, rows: clientSideSchema }),
  z.object({ type: z.literal('take-size'), cols: clientSideSchema, rows: clientSideSchema }),
  z.object({ type: z.literal('release-size') }),
])
export type PtyClientMessage = z.infer<typeof ptyClientMessageSchema>

/** `GET …/pty/{id}/screen`: the visible grid as text, for people and programs that want no terminal emulator. */
export const ptyScreenSchema = z.object({
  offset: z.number().int(),
  cols: z.number().int(),
  rows: z.number().int(),
  lines: z.array(z.string()),
  cursor: z.object({ column: z.number().int(), row: z.number().int() }),
  alternateScreen: z.boolean(),
  title: z.string(),
})
export type PtyScreen = z.infer<typeof ptyScreenSchema>

/** An asciicast v2 recording: output and resizes, never keystrokes. */
export const ptyRecordingSchema = z.object({
  id: z.string(),
  ptyId: z.string(),
  startedAt: z.string(),
  /** Null while it is under way. */
  endedAt: z.string().nullable(),
  bytes: z.number().int(),
  /** Why it is not complete; null where it is. */
  message: z.string().nullable(),
  ...verification,
})
export type PtyRecording = z.infer<typeof ptyRecordingSchema>
export const ptyRecordingListSchema = z.object({ recordings: z.array(ptyRecordingSchema) })

/** `POST …/pty/{id}/recording`. */
export const recordingRequestSchema = z.object({ action: z.enum(['start', 'stop']) })
