/** Wire schemas of the stateful interpreter (section 2.5), with Sandglass's extensions (capability `interpreter`). */
import { z } from 'zod'
import { chart } from './charts'
import { execution } from './execution'
import { envs, timeoutSeconds } from './process'

/** Seconds a run may take where its request names none. */
export const defaultRunTimeout = 600
/** Runs that may wait for one context. */
export const maxQueuedRuns = 128

export const createContextRequest = z.object({ cwd: z.string().nullish(), language: z.string().nullish() })
export type CreateContextRequest = z.infer<typeof createContextRequest>

/** The reference's context: one process with its own namespace. */
export const interpreterContext = z.object({
  id: z.string(),
  cwd: z.string(),
  createdAt: z.string(),
  active: z.boolean(),
  language: z.string(),
})
export type InterpreterContext = z.infer<typeof interpreterContext>

export const contextList = z.object({ contexts: z.array(interpreterContext) })

/** `new`: no process yet, or the last one is gone; the next run starts one with an empty namespace. */
export const contextState = z.enum(['new', 'starting', 'idle', 'busy'])
export type ContextState = z.infer<typeof contextState>

/** Extension: what the engine knows of a context beyond the reference. */
export const contextDetail = interpreterContext.extend({
  state: contextState,
  /** Counts the processes of the context: when it grows, the namespace was lost. */
  generation: z.number().int(),
  pid: z.number().int().nullable(),
  /** Version of what runs the code, Python or Node.js; known once a process has run. */
  version: z.string().nullable(),
  /** The run under way, and how many wait behind it. */
  currentRun: z.string().nullable(),
  queuedRuns: z.number().int(),
  /** The question that the run asks with `input()`. */
  question: z.object({ prompt: z.string(), password: z.boolean() }).nullable(),
  /** Why the last namespace was lost; null while it was not. */
  lost: z.object({ at: z.string(), message: z.string() }).nullable(),
})
export type ContextDetail = z.infer<typeof contextDetail>

/** First message of a client on the execute socket. */
export const interpreterRequest = z.object({
  code: z.string(),
  contextId: z.string().nullish(),
  /** Seconds; a negative one is refused with a close reason of its own. */
  timeout: z.number().int().max(4_294_967_295).nullish(),
  envs: envs.nullish(),
})
export type InterpreterRequest = z.infer<typeof interpreterRequest>

/** Extension: what a value looks like, by media type. Binary ones are base64. */
export const representations = z.record(z.string(), z.unknown())
/** Media type of a data frame: a `dataTable`. */
export const tableType = 'application/vnd.sandglass.table+json'
export const dataTable = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  /** Row labels; null where the frame has none. */
  index: z.array(z.unknown()).nullable(),
  rows: z.array(z.array(z.unknown())),
  totalRows: z.number().int(),
  totalColumns: z.number().int(),
  truncated: z.boolean(),
})
export type DataTable = z.infer<typeof dataTable>

const shown = z.object({
  representations,
  /** Representations that a size limit kept out or cut, with their full size in characters. */
  omitted: z.record(z.string(), z.number()),
})

/**
 * What a run produced beside its output. `at` is the offset in the run's journal: it came after that many bytes.
 * `error` is the one kind that plain clients see too.
 */
export const runItem = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('result'), at: z.number().int(), ...shown.shape }),
  z.object({ kind: z.literal('display'), at: z.number().int(), ...shown.shape }),
  z.object({ kind: z.literal('chart'), at: z.number().int(), chart }),
  z.object({ kind: z.literal('input'), at: z.number().int(), prompt: z.string(), password: z.boolean() }),
  /** `text` is null for end-of-file and for what answered a password. */
  z.object({ kind: z.literal('answer'), at: z.number().int(), text: z.string().nullable() }),
  z.object({
    kind: z.literal('error'),
    at: z.number().int(),
    name: z.string(),
    value: z.string(),
    traceback: z.string(),
  }),
])
export type RunItem = z.infer<typeof runItem>

/** What became of the namespace by the end of a run: never guessed. */
export const stateAfterRun = z.enum(['kept', 'lost'])
export type StateAfterRun = z.infer<typeof stateAfterRun>

/** One run in a context. */
export const interpreterRun = z.object({
  id: z.string(),
  contextId: z.string(),
  generation: z.number().int(),
  title: z.string(),
  /** True where values and charts were asked for and `input()` can be answered. */
  rich: z.boolean(),
  timeoutSeconds: z.number().int(),
  /** Runs before this one in the queue; 0 once it runs. */
  position: z.number().int(),
  itemCount: z.number().int(),
  /** Null while it is not over. */
  stateAfter: stateAfterRun.nullable(),
  ...execution.shape,
})
export type InterpreterRun = z.infer<typeof interpreterRun>
export const interpreterRunDetail = interpreterRun.extend({ code: z.string(), envs })
export type InterpreterRunDetail = z.infer<typeof interpreterRunDetail>

/** Query of `GET …/context/{id}/run`: newest first; `before` is the id of the last row of the page before. */
export const interpreterRunPageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).catch(50),
  before: z.string().optional(),
})

export const interpreterRunPage = z.object({ runs: z.array(interpreterRun), next: z.string().nullable() })

/** `POST …/context/{id}/run`: as on the socket, without waiting. */
export const startInterpreterRun = z.object({
  code: z.string().min(1),
  timeout: timeoutSeconds.nullish(),
  envs: envs.nullish(),
  /** False: as a plain client runs it. */
  rich: z.boolean().default(true),
})

/** `POST …/interrupt`. `ignored`: the code caught it or did not react within two seconds; it still runs. */
export const interruptAnswer = z.object({
  outcome: z.enum(['interrupted', 'ignored', 'not-running', 'process-ended']),
  state: stateAfterRun,
})
export type InterruptAnswer = z.infer<typeof interruptAnswer>

/** `POST …/answer`: a line for `input()`; `eof` ends the input instead. */
export const answerRequest = z.object({ text: z.string().default(''), eof: z.boolean().default(false) })

/** Every text frame of the execute socket has these five keys; unused ones are empty. */
export const interpreterFrame = z.object({
  type: z.enum(['stdout', 'stderr', 'error', 'control']),
  text: z.string(),
  name: z.string(),
  value: z.string(),
  traceback: z.string(),
})
export type InterpreterFrame = z.infer<typeof interpreterFrame>

/**
 * Frames that only a client sees that asked for them with `?extensions=1`. They carry the five keys too, empty.
 * `run`: the run as it is now (first frame, and at each change of its state); `item`: see `runItem`.
 */
const emptyKeys = { text: z.literal(''), name: z.literal(''), value: z.literal(''), traceback: z.literal('') }
export const interpreterExtensionFrame = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run'), ...emptyKeys, run: interpreterRun }),
  z.object({ type: z.literal('item'), ...emptyKeys, item: runItem }),
])
export type InterpreterExtensionFrame = z.infer<typeof interpreterExtensionFrame>

/** Text messages of a client that asked for extensions, after its first one. */
export const interpreterClientMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('interrupt') }),
  z.object({ type: z.literal('answer'), ...answerRequest.shape }),
])
