/** Wire schemas of the stateful interpreter (section 2.5), with Sandglass's extensions (capability `interpreter`). */
import { z } from 'zod'
import { chartSchema } from './charts'
import { executionSchema } from './execution'
import { envsSchema, timeoutSecondsSchema } from './process'
import { textLimitSchema } from './text-limit'

/** Seconds a run may take where its request names none. */
export const defaultRunTimeout = 600
/** Runs that may wait for one context. */
export const maxQueuedRuns = 128

export const createContextRequestSchema = z.object({ cwd: z.string().nullish(), language: z.string().nullish() })
export type CreateContextRequest = z.infer<typeof createContextRequestSchema>

/** The reference's context: one process with its own namespace. */
export const interpreterContextSchema = z.object({
  id: z.string(),
  cwd: z.string(),
  createdAt: z.string(),
  active: z.boolean(),
  language: z.string(),
})
export type InterpreterContext = z.infer<typeof interpreterContextSchema>

export const contextListSchema = z.object({ contexts: z.array(interpreterContextSchema) })

/** `new`: no process yet, or the last one has exited; the next run starts one with an empty namespace. */
export const contextStateSchema = z.enum(['new', 'starting', 'idle', 'busy'])
export type ContextState = z.infer<typeof contextStateSchema>

/** Extension: what the engine knows about a context beyond the reference. */
export const contextDetailSchema = interpreterContextSchema.extend({
  state: contextStateSchema,
  /** Counts the processes of the context: when it grows, the namespace was lost. */
  generation: z.number().int(),
  pid: z.number().int().nullable(),
  /** Version of Python or Node.js; known once a process has run. */
  version: z.string().nullable(),
  /** The run under way, and how many wait behind it. */
  currentRun: z.string().nullable(),
  queuedRuns: z.number().int(),
  /** The question that the run asks with `input()`. */
  question: z.object({ prompt: z.string(), password: z.boolean() }).nullable(),
  /** Why the last namespace was lost; null while it was not. */
  lost: z.object({ at: z.string(), message: z.string() }).nullable(),
})
export type ContextDetail = z.infer<typeof contextDetailSchema>

/** First message of a client on the execute socket. */
export const interpreterRequestSchema = z.object({
  code: z.string(),
  contextId: z.string().nullish(),
  /** Seconds; a negative one is refused with a close reason of its own. */
  timeout: z.number().int().max(4_294_967_295).nullish(),
  envs: envsSchema.nullish(),
})
export type InterpreterRequest = z.infer<typeof interpreterRequestSchema>

/** Extension: representations of a value, by media type. Binary ones are base64. */
export const representationsSchema = z.record(z.string(), z.unknown())
/** Media type of a data frame: a `dataTable`. */
export const tableType = 'application/vnd.sandglass.table+json'
export const dataTableSchema = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  /** Row labels; null where the frame has none. */
  index: z.array(z.unknown()).nullable(),
  rows: z.array(z.array(z.unknown())),
  totalRows: z.number().int(),
  totalColumns: z.number().int(),
  truncated: z.boolean(),
})
export type DataTable = z.infer<typeof dataTableSchema>

const shownSchema = z.object({
  representations: representationsSchema,
  /** Representations that a size limit kept out or cut, with their full size in characters. */
  omitted: z.record(z.string(), z.number()),
})

/**
 * What a run produced besides its output. `at` is the offset in the run's journal: it came after that many bytes.
 * `error` is the one kind that plain clients see too.
 */
export const runItemSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('result'), at: z.number().int(), ...shownSchema.shape }),
  z.object({ kind: z.literal('display'), at: z.number().int(), ...shownSchema.shape }),
  z.object({ kind: z.literal('chart'), at: z.number().int(), chart: chartSchema }),
  z.object({ kind: z.literal('input'), at: z.number().int(), prompt: z.string(), password: z.boolean() }),
  /** `text` is null for end-of-file and for the reply to a password prompt. */
  z.object({ kind: z.literal('answer'), at: z.number().int(), text: z.string().nullable() }),
  z.object({
    kind: z.literal('error'),
    at: z.number().int(),
    name: z.string(),
    value: z.string(),
    traceback: z.string(),
  }),
])
export type RunItem = z.infer<typeof runItemSchema>

/** The state of the namespace at the end of a run: never guessed. */
export const stateAfterRunSchema = z.enum(['kept', 'lost'])
export type StateAfterRun = z.infer<typeof stateAfterRunSchema>

/** One run in a context. */
export const interpreterRunSchema = z.object({
  id: z.string(),
  contextId: z.string(),
  generation: z.number().int(),
  title: z.string(),
  /** True if values and charts were requested and `input()` can be answered. */
  rich: z.boolean(),
  timeoutSeconds: z.number().int(),
  /** Runs before this one in the queue; 0 once it runs. */
  position: z.number().int(),
  itemCount: z.number().int(),
  /** Null while it is not over. */
  stateAfter: stateAfterRunSchema.nullable(),
  ...executionSchema.shape,
})
export type InterpreterRun = z.infer<typeof interpreterRunSchema>
export const interpreterRunDetailSchema = interpreterRunSchema.extend({
  code: z.string(),
  envs: envsSchema,
  /** Length of the whole code in UTF-16 code units; absent where it is unknown. */
  textLength: z.number().int().min(0).optional(),
})
export type InterpreterRunDetail = z.infer<typeof interpreterRunDetailSchema>

/** Query of `GET …/context/{id}/run/{run}`. */
export const interpreterRunQuerySchema = z.object({
  textLimit: textLimitSchema,
  items: z.enum(['all', 'none']).default('all'),
})

/** Query of `GET …/context/{id}/run`: newest first; `before` is the id of the last row of the page before. */
export const interpreterRunPageQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(200).catch(50),
  before: z.string().optional(),
})

export const interpreterRunPageSchema = z.object({ runs: z.array(interpreterRunSchema), next: z.string().nullable() })
export type InterpreterRunPage = z.infer<typeof interpreterRunPageSchema>

/** `POST …/context/{id}/run`: as on the socket, without waiting. */
export const startInterpreterRunSchema = z.object({
  code: z.string().min(1),
  timeout: timeoutSecondsSchema.nullish(),
  envs: envsSchema.nullish(),
  /** False: as a plain client runs it. */
  rich: z.boolean().default(true),
})

/** `POST …/interrupt`. `ignored`: the code caught it or did not react within two seconds; it still runs. */
export const interruptResponseSchema = z.object({
  outcome: z.enum(['interrupted', 'ignored', 'not-running', 'process-ended']),
  state: stateAfterRunSchema,
})
export type InterruptResponse = z.infer<typeof interruptResponseSchema>

/** `POST …/answer`: a line for `input()`; `eof` ends the input instead. */
export const answerRequestSchema = z.object({ text: z.string().default(''), eof: z.boolean().default(false) })

/** Every text frame of the execute socket has these five keys; unused ones are empty. */
export const interpreterFrameSchema = z.object({
  type: z.enum(['stdout', 'stderr', 'error', 'control']),
  text: z.string(),
  name: z.string(),
  value: z.string(),
  traceback: z.string(),
})
export type InterpreterFrame = z.infer<typeof interpreterFrameSchema>

/**
 * Frames for clients that requested them with `?extensions=1`. They have the five keys too, empty.
 * `run`: the run as it is now (first frame, and at each change of its state); `item`: see `runItem`.
 */
const emptyKeys = { text: z.literal(''), name: z.literal(''), value: z.literal(''), traceback: z.literal('') }
export const interpreterExtensionFrameSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run'), ...emptyKeys, run: interpreterRunSchema }),
  z.object({ type: z.literal('item'), ...emptyKeys, item: runItemSchema }),
])
export type InterpreterExtensionFrame = z.infer<typeof interpreterExtensionFrameSchema>

/** Text messages of a client that requested extensions, after its first one. */
export const interpreterClientMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('interrupt') }),
  z.object({ type: z.literal('answer'), ...answerRequestSchema.shape }),
])
