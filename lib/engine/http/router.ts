/** Routes over HTTP and over upgrades, with error handling in one place. Used by the toolbox and the control plane. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import findMyWay from 'find-my-way'
import type { WebSocket } from 'ws'
import type { z } from 'zod'
import { log } from '@/lib/log/log'
import { ApiError, type ErrorSource } from '@/lib/process-api/errors'
import type { BodyRules, Operation, SocketOperation } from '@/lib/process-api/operations/operation'
import { parseBody, readBody } from './body'
import {
  type OperationHandler,
  type OperationTunnelHandler,
  operationRequest,
  operationTunnel,
  operationUpgrade,
  type SocketHandler,
} from './operation-request'
import { sendError } from './reply'
import { readSdkClient, type SdkClient } from './sdk-version'
import { acceptUpgrade, offeredSubprotocols } from './upgrade'
import { writeUpgradeError } from './upgrade-error'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

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

export type Handler = (context: RequestContext) => Promise<void> | void
export type UpgradeHandler = (context: UpgradeContext) => Promise<void> | void
export type TunnelHandler = (context: TunnelContext) => Promise<void> | void

/** Where the handlers of operations are registered. */
export interface Routes {
  /** Serve an operation over HTTP. */
  on<O extends Operation>(operation: O, handler: OperationHandler<O>): void
  /** Serve the WebSocket of an operation, and refuse requests without an upgrade where the operation says so. */
  onSocket<O extends SocketOperation>(operation: O, handler: SocketHandler<O>): void
  /** Pass upgrades of any protocol on. */
  onTunnel<O extends Operation>(operation: O, handler: OperationTunnelHandler<O>): void
  /** A `GET` route also serves `HEAD`; Node omits the body of that response. */
  route(method: Method, path: string, handler: Handler): void
  /** Matches every method. */
  any(path: string, handler: Handler): void
  webSocket(path: string, handler: UpgradeHandler): void
  tunnel(path: string, handler: TunnelHandler): void
}

/** A registered route. `ANY` means every method; `WS` and `TUNNEL` are the two kinds of upgrades. */
export interface RegisteredRoute {
  readonly kind: Method | 'ANY' | 'WS' | 'TUNNEL'
  readonly path: string
}

interface Matcher<H> {
  find(method: string, path: string): { params: Record<string, string | undefined>; handler: H } | null
  add(method: Method | 'ALL', path: string, handler: H): void
}

function matcher<H>(): Matcher<H> {
  const way = findMyWay({ ignoreTrailingSlash: true, maxParamLength: 4096 })
  const handlers: H[] = []
  return {
    add(method, path, handler) {
      const store = { index: handlers.push(handler) - 1 }
      if (method === 'ALL') way.all(path, () => {}, store)
      else way.on(method, path, () => {}, store)
    },
    find(method, path) {
      const found = way.find(method as Method, path) ?? (method === 'HEAD' ? way.find('GET', path) : null)
      if (!found) return null
      const handler = handlers[(found.store as { index: number }).index]
      return handler === undefined ? null : { params: found.params, handler }
    },
  }
}

export class Router implements Routes {
  private readonly http = matcher<Handler>()
  private readonly upgrades = matcher<UpgradeHandler>()
  private readonly tunnels = matcher<TunnelHandler>()
  private readonly registeredRoutes: RegisteredRoute[] = []

  /**
   * @param bodyLimit maximum JSON body in bytes
   * @param source name of the responding service in error envelopes
   */
  constructor(
    private readonly bodyLimit: number,
    private readonly source: ErrorSource = 'DAYTONA_DAEMON',
  ) {}

  /** All routes, in the order of registration. */
  get registered(): readonly RegisteredRoute[] {
    return this.registeredRoutes
  }

  on<O extends Operation>(operation: O, handler: OperationHandler<O>): void {
    const { method, path } = operation
    const handle: Handler = (context) => handler(operationRequest(operation, context))
    if (method === 'ANY') this.any(path, handle)
    else this.route(method, path, handle)
  }

  onSocket<O extends SocketOperation>(operation: O, handler: SocketHandler<O>): void {
    const { path, socket, repeatsMessage } = operation
    this.webSocket(path, (context) => handler(operationUpgrade(operation, context)))
    if (socket.withoutUpgrade !== 'refuse') return
    this.route('GET', path, () => {
      const message = 'this route needs a WebSocket upgrade'
      throw new ApiError('BAD_REQUEST', message, repeatsMessage ? { error: message } : {})
    })
  }

  onTunnel<O extends Operation>(operation: O, handler: OperationTunnelHandler<O>): void {
    this.tunnel(operation.path, (context) => handler(operationTunnel(operation, context)))
  }

  route(method: Method, path: string, handler: Handler): void {
    this.http.add(method, path, handler)
    this.registeredRoutes.push({ kind: method, path })
  }

  any(path: string, handler: Handler): void {
    this.http.add('ALL', path, handler)
    this.registeredRoutes.push({ kind: 'ANY', path })
  }

  webSocket(path: string, handler: UpgradeHandler): void {
    this.upgrades.add('GET', path, handler)
    this.registeredRoutes.push({ kind: 'WS', path })
  }

  tunnel(path: string, handler: TunnelHandler): void {
    this.tunnels.add('ALL', path, handler)
    this.registeredRoutes.push({ kind: 'TUNNEL', path })
  }

  /**
   * Handle one request. Never rejects.
   * @param url replaces the request's own if a prefix was cut off
   */
  async handle(request: IncomingMessage, response: ServerResponse, url = request.url ?? '/'): Promise<void> {
    const method = request.method ?? 'GET'
    const { path, search } = splitUrl(url)
    try {
      const found = this.http.find(method, path)
      if (!found) throw new ApiError('NOT_FOUND', `there is no route ${method} ${path}`)
      const context: RequestContext = {
        request,
        response,
        method,
        url,
        path,
        search,
        client: readSdkClient(request.headers),
        param: (name) => found.params[name] ?? '',
        json: async (schema, rules) => parseBody(await readBody(request, this.bodyLimit), schema, rules),
      }
      await found.handler(context)
    } catch (error) {
      sendError(response, error, { path, method }, this.source)
    }
  }

  /** Handle one upgrade. Never rejects. Errors before the 101 become ordinary HTTP responses. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    const method = request.method ?? 'GET'
    const url = request.url ?? '/'
    const { path, search } = splitUrl(url)
    let accepted = false
    try {
      const tunnel = this.tunnels.find(method, path)
      if (tunnel) {
        await tunnel.handler({ request, url, socket, head, param: (name) => tunnel.params[name] ?? '' })
        return
      }
      if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
        throw new ApiError('BAD_REQUEST', 'only upgrades to WebSocket are supported here')
      }
      const found = this.upgrades.find(method, path)
      if (!found) {
        throw this.http.find(method, path)
          ? new ApiError('BAD_REQUEST', `${path} does not accept WebSocket connections`)
          : new ApiError('NOT_FOUND', `there is no WebSocket route ${path}`)
      }
      const offered = offeredSubprotocols(request)
      await found.handler({
        request,
        method,
        path,
        search,
        client: readSdkClient(request.headers, offered),
        offered,
        param: (name) => found.params[name] ?? '',
        accept: async () => {
          const accepting = await acceptUpgrade(request, socket, head)
          accepted = true
          return accepting
        },
      })
    } catch (error) {
      if (accepted) {
        log.error({ err: error }, `WebSocket ${path} failed`)
        socket.destroy()
        return
      }
      if (!socket.destroyed) writeUpgradeError(socket, request, error, this.source)
    }
  }
}

function splitUrl(url: string): { path: string; search: URLSearchParams } {
  const mark = url.indexOf('?')
  return mark < 0
    ? { path: url, search: new URLSearchParams() }
    : { path: url.slice(0, mark), search: new URLSearchParams(url.slice(mark + 1)) }
}
