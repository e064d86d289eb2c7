/** Routes over HTTP and over upgrades, with error handling in one place. Used by the toolbox and the control plane. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import findMyWay from 'find-my-way'
import { log } from '@/lib/log/log'
import { ApiError, type ErrorSource } from '@/lib/process-api/errors'
import type { Operation, SocketOperation } from '@/lib/process-api/operations/operation'
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
import type { RequestContext, TunnelContext, UpgradeContext } from './request-context'
import { readSdkClient } from './sdk-version'
import { acceptUpgrade, offeredSubprotocols } from './upgrade'
import { writeUpgradeError } from './upgrade-error'

type Method = Operation['method']

export type Handler = (context: RequestContext) => Promise<void> | void
type UpgradeHandler = (context: UpgradeContext) => Promise<void> | void
type TunnelHandler = (context: TunnelContext) => Promise<void> | void

/** Where the handlers of operations are registered. */
export interface Routes {
  /** Serve an operation over HTTP. A `GET` also serves `HEAD`; Node omits the body of that response. */
  on<O extends Operation>(operation: O, handler: OperationHandler<O>): void
  /** Serve the WebSocket of an operation, and refuse requests without an upgrade where the operation says so. */
  onSocket<O extends SocketOperation>(operation: O, handler: SocketHandler<O>): void
  /** Pass upgrades of any protocol on. */
  onTunnel<O extends Operation>(operation: O, handler: OperationTunnelHandler<O>): void
  /** Serve a route that is not part of the API. */
  route(method: Method, path: string, handler: Handler): void
}

/** A registered route. `ANY` means every method; `WS` and `TUNNEL` are the two kinds of upgrades. */
export interface RegisteredRoute {
  readonly kind: Method | 'WS' | 'TUNNEL'
  readonly path: string
}

interface Matcher<H> {
  find(method: string, path: string): { params: Record<string, string | undefined>; handler: H } | null
  add(method: Method, path: string, handler: H): void
}

function matcher<H>(): Matcher<H> {
  const way = findMyWay({ ignoreTrailingSlash: true, maxParamLength: 4096 })
  const handlers: H[] = []
  return {
    add(method, path, handler) {
      const store = { index: handlers.push(handler) - 1 }
      if (method === 'ANY') way.all(path, () => {}, store)
      else way.on(method, path, () => {}, store)
    },
    find(method, path) {
      const found = way.find(method as 'GET', path) ?? (method === 'HEAD' ? way.find('GET', path) : null)
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
    this.route(operation.method, operation.path, (context) => handler(operationRequest(operation, context)))
  }

  onSocket<O extends SocketOperation>(operation: O, handler: SocketHandler<O>): void {
    const { path, socket, repeatsMessage } = operation
    this.upgrades.add('GET', path, (context) => handler(operationUpgrade(operation, context)))
    this.registeredRoutes.push({ kind: 'WS', path })
    if (socket.withoutUpgrade !== 'refuse') return
    this.route('GET', path, () => {
      const message = 'this route needs a WebSocket upgrade'
      throw new ApiError('BAD_REQUEST', message, repeatsMessage ? { error: message } : {})
    })
  }

  onTunnel<O extends Operation>(operation: O, handler: OperationTunnelHandler<O>): void {
    this.tunnels.add('ANY', operation.path, (context) => handler(operationTunnel(operation, context)))
    this.registeredRoutes.push({ kind: 'TUNNEL', path: operation.path })
  }

  route(method: Method, path: string, handler: Handler): void {
    this.http.add(method, path, handler)
    this.registeredRoutes.push({ kind: method, path })
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
