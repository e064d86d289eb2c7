/**
 * What the local engine can do beyond the protocol. Discovered through `GET {toolbox}/capabilities`, never assumed:
 * a console page works without any of it, with less comfort.
 */
import { z } from 'zod'
import { execution } from './execution'
import { contextDetail, interpreterRun } from './interpreter'
import { codeLanguage, commandDetail, envs, sessionSummary, timeoutSeconds } from './process'
import { ptyDetail } from './pty'
import { isolationReport, sandboxDto } from './sandbox'

/** Answer of `GET {toolbox}/capabilities`. Each extension carries the version of its contract. */
export const capabilities = z.object({
  engine: z.string(),
  version: z.string(),
  /** New for each start of the toolbox: offsets of one instance hold for all, but running state does not. */
  instanceId: z.string(),
  isolation: isolationReport,
  extensions: z.object({
    /** `…/journal`, `…/journal/download`, `…/journal/follow`. */
    journal: z.literal(1).optional(),
    /** `…/journal/search` and `…/journal/place`; `offsets=stream` of `…/journal/follow`; `stderrBytes` of a window. */
    search: z.literal(1).optional(),
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
export type Capabilities = z.infer<typeof capabilities>

export const journalStream = z.enum(['stdout', 'stderr'])
export type JournalStream = z.infer<typeof journalStream>

/**
 * Query of `GET …/journal`: either `from` (and `to`) or `tail`, in payload bytes of both streams together.
 * A window is at most `maxJournalWindow` bytes long; a longer one is cut and says so (`truncated`).
 */
export const journalQuery = z.object({
  from: z.coerce.number().int().min(0).optional(),
  to: z.coerce.number().int().min(0).optional(),
  tail: z.coerce.number().int().min(0).optional(),
  stream: journalStream.optional(),
})
export type JournalQuery = z.infer<typeof journalQuery>

/** Query of `GET …/journal/download`: one stream alone, or both as they were printed. */
export const journalDownloadQuery = z.object({ stream: journalStream.optional() })

/** Query of `…/journal/follow`. With `offsets=stream`, `from` and the frames count that stream's own bytes. */
export const journalFollowQuery = z.object({
  from: z.coerce.number().int().min(0).default(0),
  stream: journalStream.optional(),
  offsets: z.enum(['journal', 'stream']).default('journal'),
})

export const maxJournalWindow = 4 * 1024 * 1024

/**
 * A chunk as it arrived: absolute `offset`, stream, wall time (ms since epoch) and monotonic time (ms since start);
 * both times are null only where a target keeps none.
 */
export const journalChunk = z.object({
  offset: z.number().int(),
  stream: journalStream,
  wallMs: z.number().nullable(),
  sinceStartMs: z.number().nullable(),
  /** base64 */
  data: z.string(),
})
export const journalWindow = z.object({
  /** Payload bytes in the whole journal now. */
  size: z.number().int(),
  /** How many of them are stderr's; absent where the target does not count. */
  stderrBytes: z.number().int().optional(),
  from: z.number().int(),
  to: z.number().int(),
  truncated: z.boolean(),
  droppedBytes: z.number().int(),
  chunks: z.array(journalChunk),
})
export type JournalWindow = z.infer<typeof journalWindow>

const flag = z
  .enum(['0', '1'])
  .default('0')
  .transform((value) => value === '1')

/**
 * Query of `GET …/journal/search`: the first match at or after `from` (the beginning unless told), or backward the last
 * one that begins before it (the end unless told). With `stream`, offsets are that stream's own.
 */
export const journalSearch = z.object({
  text: z.string().min(1).max(1000),
  from: z.coerce.number().int().min(0).optional(),
  direction: z.enum(['forward', 'backward']).default('forward'),
  stream: journalStream.optional(),
  /** Whether case matters, and whether only whole words count. */
  case: flag,
  word: flag,
})
export type JournalSearch = z.output<typeof journalSearch>

/**
 * Query of `GET …/journal/place`: where a byte of a stream is in the whole journal (`of=stream`), or how many bytes of
 * that stream lie before an offset of the journal (`of=journal`).
 */
export const journalPlace = z.object({
  stream: journalStream,
  offset: z.coerce.number().int().min(0),
  of: z.enum(['journal', 'stream']),
})
export type JournalPlace = z.infer<typeof journalPlace>

/** Answer of both; null where nothing was found. */
export const journalOffset = z.object({ offset: z.number().int().nullable() })

/** Text frames of `…/journal/follow`; data come as binary journal frames (see `journal-frame.ts`). */
export const followMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('opened'), from: z.number().int(), size: z.number().int() }),
  /** The execution ended and every byte up to `size` was sent. Survivors may still add to the journal later. */
  z.object({ type: z.literal('end'), size: z.number().int(), execution }),
  z.object({ type: z.literal('error'), code: z.string(), message: z.string() }),
])
export type FollowMessage = z.infer<typeof followMessage>

/** Standard input of a run: at end-of-file (the default), or open for `POST …/input`. */
export const runStdin = z.enum(['open', 'closed'])

/** Body of `POST /process/run`. A `command` run is a shell command, a `code` run has a language. */
export const startRunRequest = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('command'),
    command: z.string().min(1),
    cwd: z.string().nullish(),
    envs: envs.nullish(),
    timeout: timeoutSeconds.nullish(),
    stdin: runStdin.nullish(),
  }),
  z.object({
    kind: z.literal('code'),
    language: codeLanguage,
    code: z.string().min(1),
    argv: z.array(z.string()).nullish(),
    /** Extension beside the extension: the reference's code-run has no working directory. */
    cwd: z.string().nullish(),
    envs: envs.nullish(),
    timeout: timeoutSeconds.nullish(),
    stdin: runStdin.nullish(),
  }),
])
export type StartRunRequest = z.infer<typeof startRunRequest>

/** One row of the list of runs; `title` is the first line that is not blank, cut at 200 characters. */
export const runSummary = z.object({
  id: z.string(),
  kind: z.enum(['command', 'code']),
  language: codeLanguage.nullable(),
  title: z.string(),
  /** `api`: an SDK's execute or code-run call; `run`: started with `POST /process/run`. */
  origin: z.enum(['api', 'run']),
  /** `split`: stdout and stderr told apart; `merged`: one pipe, exact order, all recorded as stdout. */
  streams: z.enum(['split', 'merged']),
  timeoutSeconds: z.number().int().nullable(),
  ...execution.shape,
})
export type RunSummary = z.infer<typeof runSummary>

export const runDetail = runSummary.extend({
  command: z.string().nullable(),
  code: z.string().nullable(),
  argv: z.array(z.string()),
  envs,
  cwd: z.string(),
})
export type RunDetail = z.infer<typeof runDetail>

/** Query of `GET /process/run`: newest first; `before` is the id of the last row of the page before. */
export const runPageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(200).default(50),
  before: z.string().min(1).optional(),
})

export const runPage = z.object({ runs: z.array(runSummary), next: z.string().nullable() })
export type RunPage = z.infer<typeof runPage>

export const signalName = z.enum([
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
export type SignalName = z.infer<typeof signalName>
export const signalRequest = z.object({ signal: signalName })

/** A live process of a session or a command, as `GET …/processes` lists it. */
export const liveProcess = z.object({
  pid: z.number().int(),
  parentPid: z.number().int(),
  command: z.string(),
  commandId: z.string().nullable(),
  ageSeconds: z.number().nullable(),
})
export type LiveProcess = z.infer<typeof liveProcess>
export const processList = z.object({ processes: z.array(liveProcess) })

/** The push channel. A subscriber first reads the lists, then applies events; after a gap it reads again. */
export const engineEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('sandbox'), sandbox: sandboxDto }),
  z.object({ type: z.literal('sandbox-deleted'), sandboxId: z.string() }),
  z.object({ type: z.literal('session'), sandboxId: z.string(), session: sessionSummary }),
  z.object({ type: z.literal('session-deleted'), sandboxId: z.string(), sessionId: z.string() }),
  z.object({ type: z.literal('command'), sandboxId: z.string(), sessionId: z.string(), command: commandDetail }),
  z.object({ type: z.literal('run'), sandboxId: z.string(), run: runSummary }),
  z.object({ type: z.literal('run-deleted'), sandboxId: z.string(), runId: z.string() }),
  z.object({ type: z.literal('context'), sandboxId: z.string(), context: contextDetail }),
  z.object({ type: z.literal('context-deleted'), sandboxId: z.string(), contextId: z.string() }),
  z.object({ type: z.literal('context-run'), sandboxId: z.string(), run: interpreterRun }),
  z.object({ type: z.literal('pty'), sandboxId: z.string(), pty: ptyDetail }),
  z.object({ type: z.literal('pty-deleted'), sandboxId: z.string(), ptyId: z.string() }),
])
export type EngineEvent = z.infer<typeof engineEvent>
