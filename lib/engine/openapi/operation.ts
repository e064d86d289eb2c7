/** What is said of one route beside its code. The schemas are those that the route itself checks with. */
import { z } from 'zod'
import type { ErrorCode } from '@/lib/process-api/errors'

/** `GET /path/:param`, as the router has it. `ANY` stands for whatever the method. */
export type RouteKey = `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'ANY'} /${string}`

/** A parameter of the path, of the query or a header. */
export interface Parameter {
  readonly schema: z.ZodType
  readonly about: string
  readonly example?: string
}

/** A body by its media type; without a type there is none. */
export interface Content {
  readonly about: string
  readonly type?: string
  readonly schema?: z.ZodType
  readonly example?: unknown
}

/** What travels on a WebSocket at the same path. */
export interface SocketDescription {
  readonly about: string
  /** Text messages; binary ones are described in words. */
  readonly fromServer?: z.ZodType
  readonly fromClient?: z.ZodType
  readonly binary?: string
  readonly subprotocols?: readonly string[]
  /** What the plain `GET` of the path does: `none` is no route at all, `refused` answers 400. */
  readonly plain: 'described' | 'none' | 'refused'
}

export interface Operation {
  /** Unique; the page links to it. */
  readonly id: string
  readonly summary: string
  readonly about: string
  /** Beyond the reference. */
  readonly extension?: true
  /** Needs no credential. */
  readonly open?: true
  /** Also answered while the sandbox is stopped, from its files. */
  readonly whileStopped?: true
  /** Where the engine refuses on purpose: always, and with this sentence, in which braces stand for a name. */
  readonly refuses?: { readonly code: ErrorCode; readonly message: string }
  readonly deprecated?: true
  /** Parameters of the path that differ from those of the group. */
  readonly params?: Readonly<Record<string, Parameter>>
  readonly query?: z.ZodObject
  /** What the parameters of the query mean. */
  readonly queryNotes?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, Parameter>>
  readonly body?: Content
  readonly answers: Readonly<Record<number, Content>>
  /** Codes of failures, beside those that every route of its part can answer with. */
  readonly errors?: readonly ErrorCode[]
  readonly socket?: SocketDescription
  /** Passes any other upgrade on as well. */
  readonly tunnel?: true
  /** The credentials by their scheme where they are not those of the part. */
  readonly credentials?: readonly string[]
}

/** The operations of one area, shown together. */
export interface OperationGroup {
  readonly tag: string
  readonly about: string
  /** Parameters of the paths of this group. */
  readonly params: Readonly<Record<string, Parameter>>
  readonly operations: Readonly<Partial<Record<RouteKey, Operation>>>
}

export function json(schema: z.ZodType, about: string, example?: unknown): Content {
  return { about, type: 'application/json', schema, ...(example === undefined ? {} : { example }) }
}

export function empty(about: string): Content {
  return { about }
}

export function text(about: string): Content {
  return { about, type: 'text/plain', schema: z.string() }
}

/** Bytes of this media type. */
export function bytes(about: string, type = 'application/octet-stream'): Content {
  return { about, type }
}
