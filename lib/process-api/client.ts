/**
 * HTTP client of one target: typed, every answer checked against the wire schemas, every call with a hard deadline.
 * A call that changes something is sent once and never repeated by itself.
 */
import { z } from 'zod'
import { ApiError, type ErrorCode, errorCodeSchema, errorEnvelopeSchema, statusOf } from './errors'
import {
  type Capabilities,
  capabilitiesSchema,
  type JournalPlace,
  type JournalQuery,
  type JournalSearch,
  journalOffsetSchema,
  type LiveProcess,
  processListSchema,
  type RunDetail,
  type RunPage,
  runDetailSchema,
  runPageSchema,
  type SignalName,
  type StartRunRequest,
} from './extensions'
import type { NetworkFields } from './network-policy'
import { anyCommandSchema, anySessionSchema } from './plain-shapes'
import { TargetError } from './problem'
import {
  type CommandDetail,
  type CreateSessionRequest,
  type InputRequest,
  type SessionDetail,
  type SessionExecuteRequest,
  type SessionSummary,
  sessionExecuteResponseSchema,
  sessionSummarySchema,
} from './process'
import {
  type ProcessSignalAnswer,
  type ProcessSignalRequest,
  type ProcessTree,
  processSignalAnswerSchema,
  processTreeSchema,
} from './process-tree'
import {
  type CreateSandboxRequest,
  type SandboxDto,
  type SandboxPage,
  sandboxDtoSchema,
  sandboxPageSchema,
} from './sandbox'

/** Where a target is. URLs have no trailing slash; `toolboxUrl` is null where each sandbox names its own. */
export interface ProcessApiEndpoint {
  apiUrl: string
  apiKey: string
  toolboxUrl: string | null
}

export interface CallOptions {
  /** Ends the call early; the abort is thrown as it is. */
  signal?: AbortSignal | undefined
  /** Longest wait for the whole answer, 10 s unless told. */
  deadlineMs?: number
}

export const defaultDeadlineMs = 10_000
/** Where the toolboxes of sandboxes are, for targets whose sandboxes each name their own. */
const proxyUrls = new Map<string, { url: string; at: number }>()
const proxyUrlFreshMs = 60_000
const mostProxyUrls = 1_000
/** A JSON answer longer than this is refused rather than read into memory. */
const largestAnswer = 64 * 1024 * 1024

/**
 * Headers of every call and upgrade. The version makes a target split stdout and stderr; 0.190.0 is the version of the
 * protocol that this client is written against.
 */
export function targetHeaders(apiKey: string): Record<string, string> {
  return {
    authorization: `Bearer ${apiKey}`,
    'x-daytona-source': 'sandglass-console',
    'x-daytona-sdk-version': '0.190.0',
  }
}

/**
 * Headers of what the console asks by itself: reads, follows, polls. A sandbox that is merely looked at may go idle;
 * what a person starts, sends or stops in it counts as activity.
 */
export function watchingHeaders(apiKey: string): Record<string, string> {
  return { ...targetHeaders(apiKey), 'x-daytona-skip-last-activity-update': 'true' }
}

interface Call<Schema extends z.ZodType> extends CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  body?: unknown
  answer: Schema
}

const nothingSchema = z.unknown().transform(() => undefined)

/**
 * All methods throw `ApiError` for what the target refused, `TargetError` for a target that is away, slow or unclear,
 * and the abort reason when the caller gave up.
 */
export class ProcessApiClient {
  constructor(readonly endpoint: ProcessApiEndpoint) {}

  async listSandboxes(page: { cursor?: string; limit?: number } = {}, options?: CallOptions): Promise<SandboxPage> {
    return await this.api(`/sandbox${query(page)}`, { ...options, answer: sandboxPageSchema })
  }

  async getSandbox(sandboxId: string, options?: CallOptions): Promise<SandboxDto> {
    return await this.api(path`/sandbox/${sandboxId}`, { ...options, answer: sandboxDtoSchema })
  }

  async createSandbox(body: CreateSandboxRequest, options?: CallOptions): Promise<SandboxDto> {
    return await this.api('/sandbox', { ...options, method: 'POST', body, answer: sandboxDtoSchema })
  }

  async startSandbox(sandboxId: string, options?: CallOptions): Promise<SandboxDto> {
    return await this.api(path`/sandbox/${sandboxId}/start`, { ...options, method: 'POST', answer: sandboxDtoSchema })
  }

  async stopSandbox(sandboxId: string, options?: CallOptions): Promise<SandboxDto> {
    return await this.api(path`/sandbox/${sandboxId}/stop`, { ...options, method: 'POST', answer: sandboxDtoSchema })
  }

  async setNetwork(sandboxId: string, body: NetworkFields, options?: CallOptions): Promise<SandboxDto> {
    return await this.api(path`/sandbox/${sandboxId}/network-settings`, {
      ...options,
      method: 'POST',
      body,
      answer: sandboxDtoSchema,
    })
  }

  async deleteSandbox(sandboxId: string, options?: CallOptions): Promise<void> {
    await this.api(path`/sandbox/${sandboxId}`, { ...options, method: 'DELETE', answer: nothingSchema })
  }

  /** What the toolbox can do beyond the protocol; null where it does not know the question. */
  async capabilities(sandboxId: string, options?: CallOptions): Promise<Capabilities | null> {
    try {
      return await this.toolbox(sandboxId, '/capabilities', { ...options, answer: capabilitiesSchema })
    } catch (error) {
      if (error instanceof TargetError && error.code === 'TARGET_UNSUPPORTED') return null
      const unknownRoute = error instanceof ApiError && error.code === 'NOT_FOUND'
      if (unknownRoute && !(await this.isMissing(sandboxId, options))) return null
      throw error
    }
  }

  async listSessions(sandboxId: string, options?: CallOptions): Promise<SessionSummary[]> {
    return (await this.listSessionDetails(sandboxId, options)).map((it) => sessionSummarySchema.parse(it))
  }

  /** All sessions with their commands, as the protocol lists them. */
  async listSessionDetails(sandboxId: string, options?: CallOptions): Promise<SessionDetail[]> {
    return await this.toolbox(sandboxId, '/process/session', { ...options, answer: z.array(anySessionSchema) })
  }

  async getSession(sandboxId: string, sessionId: string, options?: CallOptions): Promise<SessionDetail> {
    return await this.toolbox(sandboxId, path`/process/session/${sessionId}`, { ...options, answer: anySessionSchema })
  }

  async createSession(sandboxId: string, body: CreateSessionRequest, options?: CallOptions): Promise<void> {
    await this.toolbox(sandboxId, '/process/session', { ...options, method: 'POST', body, answer: nothingSchema })
  }

  /** @param keepPids processes of the session that shall live on */
  async deleteSession(
    sandboxId: string,
    sessionId: string,
    keepPids: readonly number[] = [],
    options?: CallOptions,
  ): Promise<void> {
    const keep = keepPids.length > 0 ? { keep: keepPids.join(',') } : {}
    const route = path`/process/session/${sessionId}` + query(keep)
    await this.toolbox(sandboxId, route, { ...options, method: 'DELETE', answer: nothingSchema })
  }

  async sessionProcesses(sandboxId: string, sessionId: string, options?: CallOptions): Promise<LiveProcess[]> {
    const route = path`/process/session/${sessionId}/processes`
    return (await this.toolbox(sandboxId, route, { ...options, answer: processListSchema })).processes
  }

  /** Everything that runs in a sandbox, where the target can tell (capability `processes`). */
  async processTree(sandboxId: string, options?: CallOptions): Promise<ProcessTree> {
    return await this.toolbox(sandboxId, '/process/tree', { ...options, answer: processTreeSchema })
  }

  async signalProcess(
    sandboxId: string,
    pid: number,
    body: ProcessSignalRequest,
    options?: CallOptions,
  ): Promise<ProcessSignalAnswer> {
    const route = path`/process/tree/${String(pid)}/signal`
    return await this.toolbox(sandboxId, route, { ...options, method: 'POST', body, answer: processSignalAnswerSchema })
  }

  /** Start a command; with `runAsync` the answer comes at once. Returns the command's id. */
  async execInSession(
    sandboxId: string,
    sessionId: string,
    body: SessionExecuteRequest,
    options?: CallOptions,
  ): Promise<string> {
    const route = path`/process/session/${sessionId}/exec`
    return (
      await this.toolbox(sandboxId, route, { ...options, method: 'POST', body, answer: sessionExecuteResponseSchema })
    ).cmdId
  }

  async getCommand(
    sandboxId: string,
    sessionId: string,
    commandId: string,
    options?: CallOptions,
  ): Promise<CommandDetail> {
    const route = path`/process/session/${sessionId}/command/${commandId}`
    return await this.toolbox(sandboxId, route, { ...options, answer: anyCommandSchema })
  }

  async sendInput(
    sandboxId: string,
    sessionId: string,
    commandId: string,
    body: InputRequest,
    options?: CallOptions,
  ): Promise<void> {
    const route = path`/process/session/${sessionId}/command/${commandId}/input`
    await this.toolbox(sandboxId, route, { ...options, method: 'POST', body: inputBody(body), answer: nothingSchema })
  }

  async signalCommand(
    sandboxId: string,
    sessionId: string,
    commandId: string,
    signal: SignalName,
    options?: CallOptions,
  ): Promise<void> {
    const route = path`/process/session/${sessionId}/command/${commandId}/signal`
    await this.toolbox(sandboxId, route, { ...options, method: 'POST', body: { signal }, answer: nothingSchema })
  }

  async stopCommand(sandboxId: string, sessionId: string, commandId: string, options?: CallOptions): Promise<void> {
    const route = path`/process/session/${sessionId}/command/${commandId}/stop`
    await this.toolbox(sandboxId, route, { ...options, method: 'POST', answer: nothingSchema })
  }

  async listRuns(
    sandboxId: string,
    page: { limit?: number; before?: string } = {},
    options?: CallOptions,
  ): Promise<RunPage> {
    return await this.toolbox(sandboxId, `/process/run${query(page)}`, { ...options, answer: runPageSchema })
  }

  async getRun(sandboxId: string, runId: string, options?: CallOptions): Promise<RunDetail> {
    return await this.toolbox(sandboxId, path`/process/run/${runId}`, { ...options, answer: runDetailSchema })
  }

  /** Returns the run's id; the run goes on by itself. */
  async startRun(sandboxId: string, body: StartRunRequest, options?: CallOptions): Promise<string> {
    const answer = z.object({ id: z.string() })
    return (await this.toolbox(sandboxId, '/process/run', { ...options, method: 'POST', body, answer })).id
  }

  async stopRun(sandboxId: string, runId: string, options?: CallOptions): Promise<void> {
    await this.toolbox(sandboxId, path`/process/run/${runId}/stop`, {
      ...options,
      method: 'POST',
      answer: nothingSchema,
    })
  }

  async sendRunInput(sandboxId: string, runId: string, body: InputRequest, options?: CallOptions): Promise<void> {
    const call = { ...options, method: 'POST', body: inputBody(body), answer: nothingSchema } as const
    await this.toolbox(sandboxId, path`/process/run/${runId}/input`, call)
  }

  async signalRun(sandboxId: string, runId: string, signal: SignalName, options?: CallOptions): Promise<void> {
    const call = { ...options, method: 'POST', body: { signal }, answer: nothingSchema } as const
    await this.toolbox(sandboxId, path`/process/run/${runId}/signal`, call)
  }

  async deleteRun(sandboxId: string, runId: string, options?: CallOptions): Promise<void> {
    await this.toolbox(sandboxId, path`/process/run/${runId}`, { ...options, method: 'DELETE', answer: nothingSchema })
  }

  /**
   * A window of a journal as the target sent it, unread: it may be megabytes long and goes on to the browser.
   * @param execution path of the execution in its toolbox, as `executionPath` makes it
   */
  async journalWindow(sandboxId: string, execution: string, window: JournalQuery, options?: CallOptions) {
    const toolboxUrl = await this.toolboxUrlOf(sandboxId, options)
    return await this.send(`${toolboxUrl}${execution}/journal${query(window)}`, { ...options, answer: nothingSchema })
  }

  /** Where a text is in a journal, looked for at the target; null where it is not. */
  async searchJournal(
    sandboxId: string,
    execution: string,
    { case: matchCase, word, ...asked }: JournalSearch,
    options?: CallOptions,
  ): Promise<number | null> {
    const flags = { case: Number(matchCase), word: Number(word) }
    const route = `${execution}/journal/search${query({ ...asked, ...flags })}`
    return (await this.toolbox(sandboxId, route, { ...options, answer: journalOffsetSchema })).offset
  }

  /** Where a byte of one stream is in the whole journal, or the other way round. */
  async journalPlace(
    sandboxId: string,
    execution: string,
    asked: JournalPlace,
    options?: CallOptions,
  ): Promise<number | null> {
    const route = `${execution}/journal/place${query(asked)}`
    return (await this.toolbox(sandboxId, route, { ...options, answer: journalOffsetSchema })).offset
  }

  /** Full prefix of a sandbox's toolbox, asked from the sandbox now and then where the target has no common one. */
  async toolboxUrlOf(sandboxId: string, options?: CallOptions): Promise<string> {
    const prefix = this.endpoint.toolboxUrl ?? (await this.proxyUrlOf(sandboxId, options))
    return prefix.replace(/\/+$/, '') + path`/${sandboxId}`
  }

  private async proxyUrlOf(sandboxId: string, options: CallOptions = {}): Promise<string> {
    const key = `${this.endpoint.apiUrl} ${sandboxId}`
    const known = proxyUrls.get(key)
    if (known && Date.now() - known.at < proxyUrlFreshMs) return known.url
    const { signal, deadlineMs } = options
    const { toolboxProxyUrl } = await this.getSandbox(sandboxId, { signal, ...(deadlineMs ? { deadlineMs } : {}) })
    if (proxyUrls.size >= mostProxyUrls) proxyUrls.clear()
    proxyUrls.set(key, { url: toolboxProxyUrl, at: Date.now() })
    return toolboxProxyUrl
  }

  private async isMissing(sandboxId: string, options?: CallOptions): Promise<boolean> {
    try {
      await this.getSandbox(sandboxId, options)
      return false
    } catch (error) {
      if (error instanceof ApiError && error.code === 'NOT_FOUND') return true
      throw error
    }
  }

  private async api<Schema extends z.ZodType>(route: string, call: Call<Schema>): Promise<z.infer<Schema>> {
    return await this.ask(this.endpoint.apiUrl + route, call)
  }

  private async toolbox<Schema extends z.ZodType>(
    sandboxId: string,
    route: string,
    call: Call<Schema>,
  ): Promise<z.infer<Schema>> {
    return await this.ask((await this.toolboxUrlOf(sandboxId, call)) + route, call)
  }

  private async ask<Schema extends z.ZodType>(url: string, call: Call<Schema>): Promise<z.infer<Schema>> {
    const { response, within } = await this.open(url, call)
    const text = await within(() => readText(response, largestAnswer))
    const parsed = call.answer.safeParse(text === '' ? undefined : parseJson(text))
    if (parsed.success) return parsed.data
    throw new TargetError('TARGET_BAD_RESPONSE', 'The target answered in a form that the process API does not have.', {
      cause: parsed.error,
    })
  }

  private async send<Schema extends z.ZodType>(url: string, call: Call<Schema>): Promise<Response> {
    return (await this.open(url, call)).response
  }

  /** Send, and read the answer's head. `within` runs the rest of the reading under the same deadline. */
  private async open<Schema extends z.ZodType>(url: string, call: Call<Schema>) {
    const { signal, deadlineMs = defaultDeadlineMs, method = 'GET', body } = call
    const deadline = AbortSignal.timeout(deadlineMs)
    const within = <Result>(work: () => Promise<Result>): Promise<Result> =>
      work().catch((error: unknown) => {
        signal?.throwIfAborted()
        throw connectionFailure(error, deadline.aborted ? deadlineMs : null)
      })
    const request: RequestInit = {
      method,
      headers: {
        ...(method === 'GET' ? watchingHeaders : targetHeaders)(this.endpoint.apiKey),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      signal: signal ? AbortSignal.any([deadline, signal]) : deadline,
      redirect: 'manual',
      cache: 'no-store',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }
    const response = await within(() => fetch(url, request))
    if (!response.ok) throw refusal(response.status, await within(() => readText(response, 1024 * 1024)))
    return { response, within }
  }
}

/** An empty line is sent as its newline: `data` must not be empty on the wire. */
function inputBody(input: InputRequest): InputRequest {
  const { data = '', newline = true } = input
  return data === '' && newline ? { ...input, data: '\n', newline: false } : input
}

/** Path of a session's command or a run inside its toolbox. */
export function executionPath(
  ref: { kind: 'command'; sessionId: string; commandId: string } | { kind: 'run'; runId: string },
): string {
  return ref.kind === 'command'
    ? path`/process/session/${ref.sessionId}/command/${ref.commandId}`
    : path`/process/run/${ref.runId}`
}

/**
 * What a refused call means. The envelope's code is taken where it is one of ours and belongs to the status, else the
 * status decides. 401 speaks of the console's key at the target, never of the person's sign-in.
 */
export function refusal(status: number, text: string): ApiError | TargetError {
  const body = errorEnvelopeSchema.partial().safeParse(parseJson(text))
  const code = errorCodeSchema.safeParse(body.success ? body.data.code : undefined)
  const told = body.success ? body.data.message : undefined
  if (status === 401) {
    return new TargetError('TARGET_KEY_REFUSED', "The target refused the console's key.", { cause: told })
  }
  if (status < 400) return new TargetError('TARGET_BAD_RESPONSE', `The target answered with status ${status}.`)
  // A route that nobody serves has no envelope; something that is missing on a known route has one.
  if (status === 404 && told === undefined) return new TargetError('TARGET_UNSUPPORTED', 'This target cannot do that.')
  const meant = code.success ? code.data : codeOfStatus(status)
  return new ApiError(meant, sentence(told) ?? `The target answered with status ${status}.`)
}

const codesByStatus = new Map<number, ErrorCode>(
  (
    [
      'BAD_REQUEST',
      'FORBIDDEN',
      'NOT_FOUND',
      'REQUEST_TIMEOUT',
      'CONFLICT',
      'GONE',
      'PAYLOAD_TOO_LARGE',
      'UNPROCESSABLE_ENTITY',
      'TOO_MANY_REQUESTS',
      'NOT_IMPLEMENTED',
      'BAD_GATEWAY',
      'SERVICE_UNAVAILABLE',
      'INSUFFICIENT_STORAGE',
    ] as const
  ).map((code) => [statusOf(code), code]),
)

function codeOfStatus(status: number): ErrorCode {
  return codesByStatus.get(status) ?? (status < 500 ? 'BAD_REQUEST' : 'INTERNAL_SERVER_ERROR')
}

/** What the wire puts before a sentence, and what it puts before that for a session's command. */
const prefixes = [
  ...new Set(errorCodeSchema.options.map((code) => new ApiError(code, '').wireMessage)),
  'failed to execute command: ',
].filter((prefix) => prefix !== '')

/** The sentence without the wire's prefixes, begun with a capital and ended with a full stop, as pages show it. */
function sentence(message: string | undefined): string | undefined {
  let bare = message?.trim() ?? ''
  for (
    let found = prefixes.find((it) => bare.startsWith(it));
    found;
    found = prefixes.find((it) => bare.startsWith(it))
  ) {
    bare = bare.slice(found.length).trimStart()
  }
  if (bare === '') return undefined
  const begun = bare.charAt(0).toUpperCase() + bare.slice(1)
  return /[.!?]$/.test(begun) ? begun : `${begun}.`
}

function connectionFailure(error: unknown, expiredMs: number | null): unknown {
  if (error instanceof TargetError || error instanceof ApiError) return error
  if (expiredMs !== null) {
    return new TargetError('TARGET_TIMEOUT', `The engine did not respond within ${expiredMs / 1000} s.`, {
      cause: error,
    })
  }
  return new TargetError('TARGET_UNREACHABLE', 'The engine is not responding.', { cause: error })
}

async function readText(response: Response, limit: number): Promise<string> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body) {
    bytes += chunk.byteLength
    if (bytes > limit)
      throw new TargetError('TARGET_BAD_RESPONSE', 'The target answered with more than the console reads.')
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // not JSON: the schema that follows says no to it
  }
}

/** Build a route with every value encoded, so that an id can never add a segment. */
function path(parts: TemplateStringsArray, ...values: string[]): string {
  return parts.reduce((route, part, index) => route + encodeSegment(values[index - 1] ?? '') + part)
}

function encodeSegment(value: string): string {
  if (value === '' || value === '.' || value === '..') {
    throw new ApiError('BAD_REQUEST', 'An id in this address is empty or made of dots only.')
  }
  return encodeURIComponent(value)
}

function query(values: Record<string, string | number | undefined>): string {
  const pairs = Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)] satisfies [string, string]],
  )
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs)}`
}
