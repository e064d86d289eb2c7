/**
 * An operation is one verb of the process API, declared once. The engine's router parses requests by it, the console's
 * client calls by it, and the OpenAPI document is generated from it. The types below infer everything from the schemas
 * that a declaration names, so that a handler or a call that disagrees with it does not compile.
 */
import { z } from 'zod'
import type { ErrorCode } from '../errors'

/** Which part of a deployment answers: the control plane, the toolbox of a sandbox, or the address of a preview. */
export type Api = 'control-plane' | 'toolbox' | 'preview'

/** Operations that belong together; the API reference shows them under one heading. */
export interface Area<A extends Api = Api> {
  readonly api: A
  readonly tag: string
  readonly description: string
}

/** A parameter of the path or the query, or a header. Values on the wire are text. */
export interface Parameter<Schema extends z.ZodType = z.ZodType> {
  readonly schema: Schema
  readonly description: string
  readonly example?: string
  /** The form of proper values where the schema takes any text, because an id of another form is just not found. */
  readonly form?: z.ZodType
  /** Code and sentence of the 400 that a wrong value gets, where the reference words its own. */
  readonly invalid?: { readonly code: ErrorCode; readonly message: string }
}

/** A response body. Without a type the response is empty. */
export interface Response {
  readonly description: string
  /** Media type. */
  readonly type?: string
  readonly schema?: z.ZodType
  /** What the client accepts instead of `schema`, where deployments differ. */
  readonly accepts?: z.ZodType
}

/** How a JSON body is refused. The texts are part of the wire contract. */
export interface BodyRules {
  /** Name of the type in the message about a missing field, such as `ExecuteRequest`. */
  readonly name: string
  /** Code of every refusal; `INVALID_REQUEST_BODY` by default. */
  readonly code?: ErrorCode
  /** Text before every message. */
  readonly prefix?: string
  /** One message in place of all others. */
  readonly message?: string
}

export interface RequestBody<Schema extends z.ZodType = z.ZodType> {
  readonly type: 'application/json' | 'multipart/form-data'
  readonly description: string
  readonly schema: Schema
  readonly example?: unknown
  /** Forms have none: their handlers read them part by part. */
  readonly rules?: BodyRules
}

/** What travels on a WebSocket. */
export interface Socket {
  readonly description: string
  /** Schema of the text messages in each direction. */
  readonly fromServer?: z.ZodType
  readonly fromClient?: z.ZodType
  /** What binary messages carry. */
  readonly binary?: string
  readonly subprotocols?: readonly string[]
  /**
   * What the same path answers without an upgrade. `respond`: the operation's responses. `refuse`: 400, which says that
   * an upgrade is needed. `not-found`: 404.
   */
  readonly withoutUpgrade: 'respond' | 'refuse' | 'not-found'
}

type Parameters = Readonly<Record<string, Parameter>>

/** What is declared about an operation; its id is the name under which it is declared. */
export interface Definition {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'ANY'
  /** Below the address of the operation's API. `:name` is a parameter, a final `*` the rest of the path. */
  readonly path: `/${string}`
  readonly summary: string
  readonly description: string
  readonly params?: Parameters
  readonly query?: Parameters
  /** Empty values count as absent, and the names of lists can be repeated. */
  readonly lenientQuery?: true
  readonly headers?: Parameters
  readonly body?: RequestBody
  /** By status; refusals are not among them. */
  readonly responses: Readonly<Record<number, Response>>
  /** Codes of refusals, beside those that every operation of its API can answer with. */
  readonly errors?: readonly ErrorCode[]
  /** A refused body or a missing upgrade repeats its message in the field `error`, as the reference does here. */
  readonly repeatsMessage?: true
  readonly socket?: Socket
  /** Upgrades to any protocol are passed on. */
  readonly tunnel?: true
  /** Not part of the reference's contract. */
  readonly extension?: true
  readonly deprecated?: true
  /** Needs no credential. */
  readonly open?: true
  /** Also served while the sandbox is stopped, from its files. */
  readonly whileStopped?: true
  /** This engine always refuses it, with this code and sentence. Braces stand for a name. */
  readonly refusal?: { readonly code: ErrorCode; readonly message: string }
  /** Names of the credentials that are accepted, where they are not those of its API. */
  readonly credentials?: readonly string[]
}

export interface Operation<A extends Api = Api> extends Definition {
  readonly id: string
  readonly area: Area<A>
}

/** An operation with a WebSocket. */
export type SocketOperation = Operation & { readonly socket: Socket }

type NamesIn<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer Tail}`
    ? Name | NamesIn<`/${Tail}`>
    : Rest
  : never

/** Every parameter that the path names has to be declared. */
type WithItsParameters<D extends Definition> = [NamesIn<D['path']>] extends [never]
  ? unknown
  : { readonly params: Readonly<Record<NamesIn<D['path']>, Parameter>> }

type Identified<A extends Area, Definitions> = {
  readonly [Id in keyof Definitions]: Definitions[Id] & { readonly id: Id & string; readonly area: A }
}

/** Declare the operations of an area. Their names are their ids, which are unique in the whole API. */
export function operationsOf<const A extends Area, const D extends Readonly<Record<string, Definition>>>(
  area: A,
  definitions: D & { readonly [Id in keyof D]: WithItsParameters<D[Id]> },
): Identified<A, D> {
  const named = Object.entries<Definition>(definitions).map(([id, definition]) => [id, { ...definition, id, area }])
  return Object.fromEntries(named) as Identified<A, D>
}

/**
 * A parameter.
 * @param invalid the sentence of the 400 that a wrong value gets, where the schema's own does not do
 */
export function parameter<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  more: { example?: string; form?: z.ZodType; invalid?: string; code?: ErrorCode } = {},
): Parameter<Schema> {
  const { example, form, invalid: message, code = 'BAD_REQUEST' } = more
  return { schema, description, example, form, ...(message === undefined ? {} : { invalid: { code, message } }) }
}

/** The parameters of a schema, with a description of each. */
export function parametersOf<Shape extends z.ZodRawShape>(
  { shape }: z.ZodObject<Shape>,
  descriptions: Readonly<Record<keyof Shape & string, string>>,
): { readonly [Name in keyof Shape]: Parameter<Shape[Name] & z.ZodType> } {
  const named = Object.entries(shape).map(([name, schema]) => [
    name,
    parameter(schema as unknown as z.ZodType, descriptions[name as keyof Shape & string]),
  ])
  return Object.fromEntries(named) as { [Name in keyof Shape]: Parameter<Shape[Name] & z.ZodType> }
}

/** A flag in a query: any other text than `true` counts as `false`. */
export const flagSchema = z
  .enum(['true', 'false'])
  .default('false')
  .catch('false')
  .transform((text) => text === 'true')

/** A JSON body. `rules.name` is the name of its type in the reference. */
export function jsonBody<Schema extends z.ZodType>(
  schema: Schema,
  description: string,
  { example, ...rules }: BodyRules & { example?: unknown },
): RequestBody<Schema> & { readonly rules: BodyRules } {
  return { type: 'application/json', schema, description, example, rules }
}

/** A form, read part by part, so that no file has to fit into memory. */
export function formBody<Schema extends z.ZodType>(schema: Schema, description: string): RequestBody<Schema> {
  return { type: 'multipart/form-data', schema, description }
}

interface JsonResponse<Schema extends z.ZodType, Accepted extends z.ZodType> {
  readonly description: string
  readonly type: 'application/json'
  readonly schema: Schema
  readonly accepts: Accepted
}

/**
 * A JSON response.
 * @param accepts what the client accepts, where other deployments answer with less
 */
export function json<Schema extends z.ZodType>(schema: Schema, description: string): JsonResponse<Schema, Schema>
export function json<Schema extends z.ZodType, Accepted extends z.ZodType>(
  schema: Schema,
  description: string,
  accepts: Accepted,
): JsonResponse<Schema, Accepted>
export function json(schema: z.ZodType, description: string, accepts = schema): JsonResponse<z.ZodType, z.ZodType> {
  return { description, type: 'application/json', schema, accepts }
}

/** Accepts any body and ignores it. */
export const ignored = z.unknown().transform(() => undefined)

export function empty(description: string) {
  return { description }
}

export function text(description: string) {
  return { description, type: 'text/plain', schema: z.string() } as const
}

/** Bytes of a media type. */
export function bytes(description: string, type = 'application/octet-stream') {
  return { description, type }
}

type Outputs<P> = P extends Parameters ? { readonly [Name in keyof P]: z.output<P[Name]['schema']> } : object

/** The parameters of the path, as a handler gets them. */
export type ParamsOf<O extends Operation> = Outputs<O['params']>
/** The query, as a handler gets it. */
export type QueryOf<O extends Operation> = Outputs<O['query']>
/** The JSON body, as a handler gets it. */
export type BodyOf<O extends Operation> = O['body'] extends RequestBody<infer Schema> ? z.output<Schema> : never

/** The statuses with which a handler may respond. */
export type StatusOf<O extends Operation> = keyof O['responses'] & number
/** What a handler responds with: one JSON value, or nothing. */
export type ResponseOf<O extends Operation, Status extends StatusOf<O>> = O['responses'][Status] extends {
  readonly type: 'application/json'
  readonly schema: infer Schema extends z.ZodType
}
  ? [body: z.input<Schema>]
  : []

type Empty = Record<never, never>
/** Text of coerced values may be given as numbers. */
type Wire<T> = unknown extends T ? string | number : T
type OptionalNames<P extends Parameters> = {
  [Name in keyof P]: undefined extends z.input<P[Name]['schema']> ? Name : never
}[keyof P]
type QueryInput<P> = P extends Parameters
  ? { readonly [Name in OptionalNames<P>]?: Wire<z.input<P[Name]['schema']>> } & {
      readonly [Name in Exclude<keyof P, OptionalNames<P>>]: Wire<z.input<P[Name]['schema']>>
    }
  : never

/** What a call of an operation takes: the parameters of its path by their names, `query` and `body`. */
export type CallInput<O extends Operation> = (O extends Operation<'toolbox'> ? { readonly sandboxId: string } : Empty) &
  (O['params'] extends Parameters ? { readonly [Name in keyof O['params']]: string | number } : Empty) &
  (O['query'] extends Parameters
    ? Empty extends QueryInput<O['query']>
      ? { readonly query?: QueryInput<O['query']> }
      : { readonly query: QueryInput<O['query']> }
    : Empty) &
  (O['body'] extends RequestBody<infer Schema> ? { readonly body: z.input<Schema> } : Empty)

/** What a call returns: the response's JSON value, or undefined where the response has none. */
export type CallResult<O extends Operation> = {
  [Status in keyof O['responses']]: O['responses'][Status] extends {
    readonly accepts: infer Accepted extends z.ZodType
  }
    ? z.output<Accepted>
    : undefined
}[keyof O['responses']]

/** The one successful status of an operation. */
export function successOf({ id, responses }: Operation): number {
  const [status, ...others] = Object.keys(responses).map(Number)
  if (status === undefined || others.length > 0) throw new Error(`${id} has not exactly one response`)
  return status
}
