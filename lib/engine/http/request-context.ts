/** Requests of the three kinds, before an operation parses them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import type { z } from 'zod'
import type { BodyRules } from '@/lib/process-api/operations/operation'
import type { SdkClient } from './sdk-version'

/** A request as a handler sees it. */
export interface RequestContext {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly method: string
  /** Path and query as the client sent them, without the prefix that was cut off. */
  readonly url: string
  /** The path without prefix and query. */
  readonly path: string
  /** The query as it was sent. */
  readonly search: URLSearchParams
  readonly client: SdkClient
  /** A decoded path parameter of the route. */
  param(name: string): string
  /** Read and validate the JSON body. Throws an `ApiError` (400 or 413). */
  json<Schema extends z.ZodType>(schema: Schema, rules: Omit<BodyRules, 'message'>): Promise<z.output<Schema>>
}

/** A WebSocket request before its 101: accept it, or throw an `ApiError` for an HTTP response. */
export interface UpgradeContext extends Omit<RequestContext, 'response' | 'json' | 'url'> {
  /** All subprotocols that the client offered. */
  readonly offered: readonly string[]
  accept(): Promise<WebSocket>
}

/** An upgrade to any protocol, whose bytes are forwarded. An `ApiError` may be thrown before anything was written. */
export interface TunnelContext extends Pick<RequestContext, 'request' | 'url' | 'param'> {
  readonly socket: Duplex
  /** Bytes that the client sent after its request. */
  readonly head: Buffer
}
