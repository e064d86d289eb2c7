/** Requests as the handlers of operations see them: parsed and checked by what the operation declares. */
import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import type {
  BodyOf,
  BodyRules,
  Operation,
  Parameter,
  ParamsOf,
  QueryOf,
  ResponseOf,
  StatusOf,
} from '@/lib/process-api/operations/operation'
import { sendEmpty, sendJson } from './reply'
import type { RequestContext, TunnelContext, UpgradeContext } from './request-context'

/**
 * A parameter of the path is checked when it is read, and the query as a whole when one of its parameters is read: the
 * handler decides which of several errors of a request is reported.
 */
interface Parsed<O extends Operation> {
  readonly params: ParamsOf<O>
  readonly query: QueryOf<O>
}

export interface OperationRequest<O extends Operation> extends RequestContext, Parsed<O> {
  /** Read and check the JSON body. Throws an `ApiError` (400 or 413). */
  body(): Promise<BodyOf<O>>
  /** Send one of the responses that the operation declares. */
  reply<Status extends StatusOf<O>>(status: Status, ...body: ResponseOf<O, Status>): void
}

export interface OperationUpgrade<O extends Operation> extends UpgradeContext, Parsed<O> {}

export interface OperationTunnel<O extends Operation> extends TunnelContext, Pick<Parsed<O>, 'params'> {}

export type OperationHandler<O extends Operation> = (request: OperationRequest<O>) => Promise<void> | void
export type SocketHandler<O extends Operation> = (request: OperationUpgrade<O>) => Promise<void> | void

export type OperationTunnelHandler<O extends Operation> = (tunnel: OperationTunnel<O>) => Promise<void> | void

export function operationRequest<O extends Operation>(operation: O, context: RequestContext): OperationRequest<O> {
  return {
    ...context,
    ...parsed(operation, context),
    body: () => readBody(operation, context) as Promise<BodyOf<O>>,
    reply: (status, ...[body]) =>
      body === undefined ? sendEmpty(context.response, status) : sendJson(context.response, status, body),
  }
}

export function operationUpgrade<O extends Operation>(operation: O, context: UpgradeContext): OperationUpgrade<O> {
  return { ...context, ...parsed(operation, context) }
}

export function operationTunnel<O extends Operation>(operation: O, context: TunnelContext): OperationTunnel<O> {
  return { ...context, params: paramsOf(operation, context) }
}

function parsed<O extends Operation>(operation: O, context: Pick<RequestContext, 'param' | 'search'>): Parsed<O> {
  return { params: paramsOf(operation, context), query: queryOf(operation, context) }
}

function paramsOf<O extends Operation>({ params = {} }: O, { param }: Pick<RequestContext, 'param'>): ParamsOf<O> {
  return lazily(params, (name, parameter) => parse(name, parameter, param(name), '')) as ParamsOf<O>
}

/** The query of a request, parsed as a whole when one of its parameters is read. Reading then throws 400. */
export function queryOf<O extends Operation>(
  { lenientQuery, query = {} }: O,
  { search }: Pick<RequestContext, 'search'>,
): QueryOf<O> {
  const prefix = lenientQuery ? '' : 'invalid query: '
  const textOf = lenientQuery ? givenValues : lastValue
  let all: Record<string, unknown> | null = null
  const parseAll = () =>
    mapValues(query, (name, parameter) => parse(name, parameter, textOf(search, name, parameter), prefix))
  return lazily(query, (name) => {
    all ??= parseAll()
    return all[name]
  }) as QueryOf<O>
}

function mapValues(
  parameters: Readonly<Record<string, Parameter>>,
  read: (name: string, parameter: Parameter) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parameters).map(([name, it]) => [name, read(name, it)]))
}

function lazily(
  parameters: Readonly<Record<string, Parameter>>,
  read: (name: string, parameter: Parameter) => unknown,
): object {
  const getters = mapValues(parameters, (name, it) => ({ enumerable: true, get: () => read(name, it) }))
  return Object.defineProperties({}, getters as PropertyDescriptorMap)
}

function parse(name: string, { schema, invalid }: Parameter, text: unknown, prefix: string): unknown {
  const result = schema.safeParse(text)
  if (result.success) return result.data
  if (invalid) throw new ApiError(invalid.code, invalid.message)
  const [issue] = result.error.issues
  const where = [name, ...(issue?.path ?? [])].join('.')
  throw new ApiError('BAD_REQUEST', `${prefix}${where}: ${issue?.message ?? 'not valid'}`)
}

function lastValue(search: URLSearchParams, name: string): string | undefined {
  return search.getAll(name).at(-1)
}

/** Clients send empty values for filters that they do not use, and repeat the names of lists. */
function givenValues(search: URLSearchParams, name: string, { schema }: Parameter): string | string[] | undefined {
  const given = search.getAll(name).filter((value) => value !== '')
  if (given.length === 0) return undefined
  return isList(schema) ? given : given.at(-1)
}

function isList(schema: unknown): boolean {
  return schema instanceof z.ZodDefault ? isList(schema.unwrap()) : schema instanceof z.ZodArray
}

async function readBody({ id, body, repeatsMessage }: Operation, context: RequestContext): Promise<unknown> {
  if (body?.rules === undefined) throw new Error(`${id} takes no JSON body`)
  const { message, ...rules }: BodyRules = body.rules
  try {
    return await context.json(body.schema, rules)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const isReworded = message !== undefined && error.code === (rules.code ?? 'INVALID_REQUEST_BODY')
    const sentence = isReworded ? message : error.message
    const isRepeated = repeatsMessage && (isReworded || message === undefined)
    const extra = isRepeated ? { ...error.extra, error: sentence } : error.extra
    throw new ApiError(error.code, sentence, extra, { cause: error })
  }
}
