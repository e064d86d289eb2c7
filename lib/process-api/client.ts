/**
 * Calls the operations of one target: typed by their declarations, every response checked, every call with a deadline.
 * A call that changes something is sent once and never repeated automatically.
 */
import type { z } from 'zod'
import { pathOf, queryText } from './operations/address'
import type { CallInput, CallResult, Operation } from './operations/operation'
import { sandboxOperations } from './operations/sandboxes'
import { TargetError } from './problem'
import { connectionFailure, refusal } from './refusal'
import { parseJson, readText } from './response-text'

/** Where a target is. URLs have no trailing slash; `toolboxUrl` is null where each sandbox names its own. */
export interface ProcessApiEndpoint {
  apiUrl: string
  apiKey: string
  toolboxUrl: string | null
}

export interface CallOptions {
  /** Cancels the call, which then throws the reason of the abort. */
  signal?: AbortSignal | undefined
  /** Maximum wait for the whole response; 10 s by default. */
  deadlineMs?: number
  /** Maximum length of the response in bytes; 64 MiB by default. */
  maxBytes?: number
  /** The requested part of a file, as a `Range` header. */
  range?: string | undefined
}

export const defaultDeadlineMs = 10_000
/** Addresses of toolboxes, for targets whose sandboxes each name their own. */
const proxyUrls = new Map<string, { url: string; at: number }>()
const proxyUrlFreshMs = 60_000
const maxProxyUrls = 1_000
const maxResponseBytes = 64 * 1024 * 1024
const maxErrorBytes = 1024 * 1024

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
 * Headers of reads, which the console makes automatically. A sandbox that is only viewed can become idle; what a
 * person starts, sends or stops in it counts as activity.
 */
export function watchingHeaders(apiKey: string): Record<string, string> {
  return { ...targetHeaders(apiKey), 'x-daytona-skip-last-activity-update': 'true' }
}

/** The parameters of a call, without the types of its operation. */
interface AnyInput {
  readonly [param: string]: unknown
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
}

/**
 * All methods throw `ApiError` for what the target refused, `TargetError` for a target that is unreachable, slow or
 * responds in another form, and the reason of the abort when the caller cancelled.
 */
export class ProcessApiClient {
  constructor(readonly endpoint: ProcessApiEndpoint) {}

  /** Call an operation. `input` has the parameters of its path by their names, `query` and `body`. */
  async call<O extends Operation>(
    operation: O,
    input: CallInput<O>,
    options: CallOptions = {},
  ): Promise<CallResult<O>> {
    const { response, within } = await this.open(operation, input, options)
    const text = await within(() => readText(response, options.maxBytes ?? maxResponseBytes))
    const schema = acceptedBy(operation, response.status)
    if (!schema) return undefined as CallResult<O>
    const parsed = schema.safeParse(text === '' ? undefined : parseJson(text))
    if (parsed.success) return parsed.data as CallResult<O>
    throw new TargetError('TARGET_BAD_RESPONSE', 'The target answered in a form that the process API does not have.', {
      cause: parsed.error,
    })
  }

  /** Call an operation and return the response with its body unread, because it is long or is passed on. */
  async send<O extends Operation>(operation: O, input: CallInput<O>, options: CallOptions = {}): Promise<Response> {
    return (await this.open(operation, input, options)).response
  }

  /** Address of a sandbox's toolbox, which the sandbox itself names where the target has no common one. */
  async toolboxUrlOf(sandboxId: string, options: CallOptions = {}): Promise<string> {
    const prefix = this.endpoint.toolboxUrl ?? (await this.proxyUrlOf(sandboxId, options))
    return prefix.replace(/\/+$/, '') + pathOf('/:sandboxId', { sandboxId })
  }

  private async proxyUrlOf(sandboxId: string, options: CallOptions): Promise<string> {
    const key = `${this.endpoint.apiUrl} ${sandboxId}`
    const known = proxyUrls.get(key)
    if (known && Date.now() - known.at < proxyUrlFreshMs) return known.url
    const { toolboxProxyUrl } = await this.call(sandboxOperations.getSandbox, { id: sandboxId }, options)
    if (proxyUrls.size >= maxProxyUrls) proxyUrls.clear()
    proxyUrls.set(key, { url: toolboxProxyUrl, at: Date.now() })
    return toolboxProxyUrl
  }

  private async urlOf({ area, path }: Operation, input: AnyInput, options: CallOptions): Promise<string> {
    const route = pathOf(path, input) + queryText(input.query ?? {})
    if (area.api === 'toolbox') return (await this.toolboxUrlOf(String(input.sandboxId ?? ''), options)) + route
    return this.endpoint.apiUrl + route.replace(/^\/api/, '')
  }

  /** Send a request and read the head of its response. `within` reads the rest under the same deadline. */
  private async open(
    operation: Operation,
    input: AnyInput,
    { signal, deadlineMs = defaultDeadlineMs, range }: CallOptions,
  ) {
    const url = await this.urlOf(operation, input, { signal, deadlineMs })
    const deadline = AbortSignal.timeout(deadlineMs)
    const within = <Result>(work: () => Promise<Result>): Promise<Result> =>
      work().catch((error: unknown) => {
        signal?.throwIfAborted()
        throw connectionFailure(error, deadline.aborted ? deadlineMs : null)
      })
    const { method } = operation
    const { body } = input
    const request: RequestInit = {
      method,
      headers: {
        ...(method === 'GET' ? watchingHeaders : targetHeaders)(this.endpoint.apiKey),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(range === undefined ? {} : { range }),
      },
      signal: signal ? AbortSignal.any([deadline, signal]) : deadline,
      redirect: 'manual',
      cache: 'no-store',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }
    const response = await within(() => fetch(url, request))
    if (!response.ok) throw refusal(response.status, await within(() => readText(response, maxErrorBytes)))
    return { response, within }
  }
}

/** The schema of a successful response; of the first one that is declared where a deployment uses another status. */
function acceptedBy({ responses }: Operation, status: number): z.ZodType | undefined {
  return (responses[status] ?? Object.values(responses)[0])?.accepts
}
