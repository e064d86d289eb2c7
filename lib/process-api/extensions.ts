/**
 * What the local engine can do beyond the protocol. Discovered through `GET {toolbox}/capabilities`, never assumed:
 * a console page works without any of it, with fewer features.
 */
import { z } from 'zod'
import { executionSchema } from './execution'
import { contextDetailSchema, interpreterRunSchema } from './interpreter'
import {
  argumentsSchema,
  codeLanguageSchema,
  commandDetailSchema,
  envsSchema,
  sessionSummarySchema,
  timeoutSecondsSchema,
} from './process'
import { ptyDetailSchema } from './pty'
import { isolationReportSchema, sandboxDtoSchema } from './sandbox'
import { textLimitSchema } from './text-limit'

/** Response of `GET {toolbox}/capabilities`. Each extension carries the version of its contract. */
export const capabilitiesSchema = z.object({
  engine: z.string(),
  version: z.string(),
  /** New for each start of the toolbox: offsets of one instance hold for all, but running state does not. */
  instanceId: z.string(),
  isolation: isolationReportSchema,
  extensions: z.object({
    /** `…/journal`, `…/journal/download`, `…/journal/follow`. */
    journal: z.literal(1).optional(),
    /** `…/journal/search` and `…/journal/place`; `offsets=stream` of `…/journal/follow`; `stderrBytes` of a window. */
    search: z.literal(1).optional(),
    /** `…/journal/overview` and `…/journal/locate`. */
    lines: z.literal(1).optional(),
    /** `…/journal/timeline`, and `Range` on the download of a recording. */
    replay: z.literal(1).optional(),
    /** `…/journal/matches`, `…/journal/next`, `…/journal/lines` and `…/journal/filtered`. */
    matches: z.literal(1).optional(),
    /** `GET {api}/events` and `GET {toolbox}/events`: WebSocket, one JSON `EngineEvent` a text frame. */
    events: z.literal(1).optional(),
    /** `/process/run…`: code runs and one-shot commands with a journal. */
    runs: z.literal(1).optional(),
    /** `…/signal` and `…/stop`. */
    signals: z.literal(1).optional(),
    /** `newline` and `eof` in the input body. */
    input: z.literal(1).optional(),
    /** `GET …/run/{id}/charts`: the charts of a Python run, also after the fact. */
    charts: z.literal(1).optional(),
    /** `?extensions=1` on the execute socket; `/process/interpreter/context/{id}/…`: runs, interrupt, restart, answer. */
    interpreter: z.literal(1).optional(),
    /** `?snapshot=1` on a PTY's socket; owner of the size; `/process/pty/{id}/…`: screen, recording. */
    pty: z.literal(1).optional(),
    /** `GET /process/tree` and `POST /process/tree/{pid}/signal`. */
    processes: z.literal(1).optional(),
    /** `GET /port/listeners`. */
    listeners: z.literal(1).optional(),
  }),
  /** Languages that an interpreter context may be made with; Python alone where this is left out. */
  interpreterLanguages: z.array(z.string()).optional(),
  limits: z.object({
    journalBytes: z.number().int(),
    bodyBytes: z.number().int(),
    /** Longest command of a session. Left out by an engine that has no such limit. */
    commandBytes: z.number().int().optional(),
    keptRuns: z.number().int(),
  }),
})
export type Capabilities = z.infer<typeof capabilitiesSchema>

export const journalStreamSchema = z.enum(['stdout', 'stderr'])
export type JournalStream = z.infer<typeof journalStreamSchema>

/**
 * Query of `GET …/journal`: either `from` (and `to`) or `tail`, in payload bytes of both streams together.
 * A window is at most `maxJournalWindow` bytes long; a longer one is cut and marked (`truncated`).
 */
export const journalQuerySchema = z.object({
  from: z.coerce.number().int().min(0).optional(),
  to: z.coerce.number().int().min(0).optional(),
  tail: z.coerce.number().int().min(0).optional(),
  stream: journalStreamSchema.optional(),
})
export type JournalQuery = z.infer<typeof journalQuerySchema>

/** Query of `GET …/journal/download`: one stream alone, or both as they were printed. */
export const journalDownloadQuerySchema = z.object({ stream: journalStreamSchema.optional() })

/** Query of `…/journal/follow`. With `offsets=stream`, `from` and the frames count that stream's own bytes. */
export const journalFollowQuerySchema = z.object({
  from: z.coerce.number().int().min(0).default(0),
  stream: journalStreamSchema.optional(),
  offsets: z.enum(['journal', 'stream']).default('journal'),
})

export const maxJournalWindow = 4 * 1024 * 1024

/**
 * A chunk as it arrived: absolute `offset`, stream, wall time (ms since epoch) and monotonic time (ms since start);
 * both times are null only where a target keeps none.
 */
export const journalChunkSchema = z.object({
  offset: z.number().int(),
  stream: journalStreamSchema,
  wallMs: z.number().nullable(),
  sinceStartMs: z.number().nullable(),
  /** base64 */
  data: z.string(),
})
export const journalWindowSchema = z.object({
  /** Payload bytes in the whole journal now. */
  size: z.number().int(),
  /** How many of them are stderr's; absent where the target does not count. */
  stderrBytes: z.number().int().optional(),
  from: z.number().int(),
  to: z.number().int(),
  truncated: z.boolean(),
  droppedBytes: z.number().int(),
  chunks: z.array(journalChunkSchema),
})
export type JournalWindow = z.infer<typeof journalWindowSchema>

const flagSchema = z
  .enum(['0', '1'])
  .default('0')
  .transform((value) => value === '1')

/**
 * Query of `GET …/journal/search`: the first match at or after `from` (default: the beginning), or backward the last
 * one that begins before it (default: the end). With `stream`, offsets are that stream's own.
 */
export const journalSearchSchema = z.object({
  text: z.string().min(1).max(1000),
  from: z.coerce.number().int().min(0).optional(),
  direction: z.enum(['forward', 'backward']).default('forward'),
  stream: journalStreamSchema.optional(),
  /** Whether case matters, and whether only whole words count. */
  case: flagSchema,
  word: flagSchema,
})
export type JournalSearch = z.output<typeof journalSearchSchema>

/**
 * Query of `GET …/journal/place`: where a byte of a stream is in the whole journal (`of=stream`), or how many bytes of
 * that stream lie before an offset of the journal (`of=journal`).
 */
export const journalPlaceSchema = z.object({
  stream: journalStreamSchema,
  offset: z.coerce.number().int().min(0),
  of: z.enum(['journal', 'stream']),
})
export type JournalPlace = z.infer<typeof journalPlaceSchema>

/** Slots of a timeline at most: about one for each pixel of a wide seek bar. */
export const maxTimelineSlots = 2048

/**
 * Response of `GET …/journal/timeline`: when the output arrived, in slots of equal length. A slot is
 * `[offset, bytes, stderrBytes]` of what arrived in it; `offset` is where it begins in the journal.
 */
export const journalTimelineSchema = z.object({
  /** Bytes of both streams. */
  size: z.number().int(),
  /** Time of the last output, in ms since the start. */
  durationMs: z.number(),
  slotMs: z.number(),
  slots: z.array(z.tuple([z.number().int(), z.number().int(), z.number().int()])),
})
export type JournalTimeline = z.infer<typeof journalTimelineSchema>

/** Response of both; null if nothing was found. */
export const journalOffsetSchema = z.object({ offset: z.number().int().nullable() })

/** Text frames of `…/journal/follow`; data come as binary journal frames (see `journal-frame.ts`). */
export const followMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('opened'), from: z.number().int(), size: z.number().int() }),
  /** The execution ended and every byte up to `size` was sent. Survivors may still add to the journal later. */
  z.object({ type: z.literal('end'), size: z.number().int(), execution: executionSchema }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string() }),
])
export type FollowMessage = z.infer<typeof followMessageSchema>

/** Standard input of a run: at end-of-file (the default), or open for `POST …/input`. */
export const runStdinSchema = z.enum(['open', 'closed'])

/** Body of `POST /process/run`. A `command` run is a shell command, a `code` run has a language. */
export const startRunRequestSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('command'),
    command: z.string().min(1),
    cwd: z.string().nullish(),
    envs: envsSchema.nullish(),
    timeout: timeoutSecondsSchema.nullish(),
    stdin: runStdinSchema.nullish(),
  }),
  z.object({
    kind: z.literal('code'),
    language: codeLanguageSchema,
    code: z.string().min(1),
    argv: argumentsSchema.nullish(),
    /** Extension beside the extension: the reference's code-run has no working directory. */
    cwd: z.string().nullish(),
    envs: envsSchema.nullish(),
    timeout: timeoutSecondsSchema.nullish(),
    stdin: runStdinSchema.nullish(),
  }),
])
export type StartRunRequest = z.infer<typeof startRunRequestSchema>

/** One row of the list of runs; `title` is the first line that is not blank, cut at 200 characters. */
export const runSummarySchema = z.object({
  id: z.string(),
  kind: z.enum(['command', 'code']),
  language: codeLanguageSchema.nullable(),
  title: z.string(),
  /** `api`: an SDK's execute or code-run call; `run`: started with `POST /process/run`. */
  origin: z.enum(['api', 'run']),
  /** `split`: stdout and stderr are recorded separately; `merged`: one pipe, exact order, all recorded as stdout. */
  streams: z.enum(['split', 'merged']),
  timeoutSeconds: z.number().int().nullable(),
  ...executionSchema.shape,
})
export type RunSummary = z.infer<typeof runSummarySchema>

export const runDetailSchema = runSummarySchema.extend({
  command: z.string().nullable(),
  code: z.string().nullable(),
  argv: z.array(z.string()),
  envs: envsSchema,
  cwd: z.string(),
  /** Length of the whole command or code in UTF-16 code units; absent where it is unknown. */
  textLength: z.number().int().min(0).optional(),
})
export type RunDetail = z.infer<typeof runDetailSchema>

/** Query of `GET /process/run/{id}`. */
export const runQuerySchema = z.object({ textLimit: textLimitSchema })

/** Query of `GET /process/run`: newest first; `before` is the id of the last row of the page before. */
export const runPageQuerySchema = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z.string().min(1).optional(),
})

export const runPageSchema = z.object({ runs: z.array(runSummarySchema), next: z.string().nullable() })
export type RunPage = z.infer<typeof runPageSchema>

export const signalNameSchema = z.enum([
  'SIGINT',
  'SIGTERM',
  'SIGKILL',
  'SIGQUIT',
  'SIGHUP',
  'SIGUSR1',
  'SIGUSR2',
  'SIGTSTP',
  'SIGCONT',
])
export type SignalName = z.infer<typeof signalNameSchema>
export const signalRequestSchema = z.object({ signal: signalNameSchema })

/** A live process of a session or a command, as `GET …/processes` lists it. */
export const liveProcessSchema = z.object({
  pid: z.number().int(),
  parentPid: z.number().int(),
  command: z.string(),
  commandId: z.string().nullable(),
  ageSeconds: z.number().nullable(),
})
export type LiveProcess = z.infer<typeof liveProcessSchema>
export const processListSchema = z.object({ processes: z.array(liveProcessSchema) })

/** The push channel. A subscriber first reads the lists, then applies events; after a gap it reads again. */
export const engineEventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('sandbox'), sandbox: sandboxDtoSchema }),
  z.object({ type: z.literal('sandbox-deleted'), sandboxId: z.string() }),
  z.object({ type: z.literal('session'), sandboxId: z.string(), session: sessionSummarySchema }),
  z.object({ type: z.literal('session-deleted'), sandboxId: z.string(), sessionId: z.string() }),
  z.object({ type: z.literal('command'), sandboxId: z.string(), sessionId: z.string(), command: commandDetailSchema }),
  z.object({ type: z.literal('run'), sandboxId: z.string(), run: runSummarySchema }),
  z.object({ type: z.literal('run-deleted'), sandboxId: z.string(), runId: z.string() }),
  z.object({ type: z.literal('context'), sandboxId: z.string(), context: contextDetailSchema }),
  z.object({ type: z.literal('context-deleted'), sandboxId: z.string(), contextId: z.string() }),
  z.object({ type: z.literal('context-run'), sandboxId: z.string(), run: interpreterRunSchema }),
  z.object({ type: z.literal('pty'), sandboxId: z.string(), pty: ptyDetailSchema }),
  z.object({ type: z.literal('pty-deleted'), sandboxId: z.string(), ptyId: z.string() }),
])
export type EngineEvent = z.infer<typeof engineEventSchema>
