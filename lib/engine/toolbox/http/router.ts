/** Routes of the toolbox, over plain HTTP and over WebSocket upgrades, with one place for errors. */
import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import findMyWay from 'find-my-way'
import type { WebSocket } from 'ws'
import type { z } from 'zod'
import { ApiError, type ErrorSource } from '@/lib/process-api/errors'
import { type BodyRules, parseBody, readBody } from './body'
import { sendError } from './reply'
import { readSdkClient, type SdkClient } from './sdk-version'
import { acceptUpgrade, offeredSubprotocols } from './upgrade'

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** One request, as a handler sees it. */
export interface RequestContext {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly method: string
  /** The toolbox's own path, without query. */
  readonly path: string
  readonly query: URLSearchParams
  readonly client: SdkClient
  /** A decoded path parameter; a route that names it always has it. */
  param(name: string): string
  /** Read and check the JSON body. Throws an `ApiError` (400 or 413). */
  json<Schema extends z.ZodType>(schema: Schema, rules: BodyRules): Promise<z.output<Schema>>
}

/** A WebSocket request before its 101: throw an `ApiError` for an HTTP answer, or accept. */
export interface UpgradeContext extends Omit<RequestContext, 'response' | 'json'> {
  /** All subprotocols that the client offered. */
  readonly offered: readonly string[]
  accept(): Promise<WebSocket>
}

export type Handler = (context: RequestContext) => Promise<void> | void
export type UpgradeHandler = (context: UpgradeContext) => Promise<void> | void

/** Where areas register what they answer. */
export interface Routes {
  route(method: Method, path: string, handler: Handler): void
  webSocket(path: string, handler: UpgradeHandler): void
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
      way.on(method, path, () => {}, { index: handlers.push(handler) - 1 })
    },
    find(method, path) {
      const found = way.find(method as Method, path)
      if (!found) return null
      const handler = handlers[(found.store as { index: number }).index]
      return handler === undefined ? null : { params: found.params, handler }
    },
  }
}

export class Router implements Routes {
  private readonly http = matcher<Handler>()
  private readonly upgrades = matcher<UpgradeHandler>()

  /**
   * @param bodyLimit longest JSON body in bytes
   * @param source who answers, as error envelopes name it
   */
  constructor(
    private readonly bodyLimit: number,
    private readonly source: ErrorSource = 'DAYTONA_DAEMON',
  ) {}

  route(method: Method, path: string, handler: Handler): void {
    this.http.add(method, path, handler)
  }

  webSocket(path: string, handler: UpgradeHandler): void {
    this.upgrades.add('GET', path, handler)
  }

  /** Answer one request; never rejects. `url` replaces the request's own where a prefix was cut off. */
  async handle(request: IncomingMessage, response: ServerResponse, url = request.url ?? '/'): Promise<void> {
    const method = request.method ?? 'GET'
    const { path, query } = splitUrl(url)
    try {
      const found = this.http.find(method, path)
      if (!found) throw new ApiError('NOT_FOUND', `there is no route ${method} ${path}`)
      const context: RequestContext = {
        request,
        response,
        method,
        path,
        query,
        client: readSdkClient(request.headers),
        param: (name) => found.params[name] ?? '',
        json: async (schema, rules) => parseBody(await readBody(request, this.bodyLimit), schema, rules),
      }
      await found.handler(context)
    } catch (error) {
      sendError(response, error, { path, method }, this.source)
    }
  }

  /** Answer one upgrade; never rejects. Errors before the 101 are ordinary HTTP answers. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    const method = request.method ?? 'GET'
    const { path, query } = splitUrl(request.url ?? '/')
    let accepted = false
    try {
      if (request.headers.upgrade?.toLowerCase() !== 'websocket') {
        throw new ApiError('BAD_REQUEST', 'the only upgrade offered here is to a WebSocket')
      }
      const found = this.upgrades.find(method, path)
      if (!found) {
        throw this.http.find(method, path)
          ? new ApiError('BAD_REQUEST', `${path} takes no WebSocket`)
          : new ApiError('NOT_FOUND', `there is no WebSocket route ${path}`)
      }
      const offered = offeredSubprotocols(request)
      await found.handler({
        request,
        method,
        path,
        query,
        client: readSdkClient(request.headers, offered),
        offered,
        param: (name) => found.params[name] ?? '',
        accept: () => {
          accepted = true
          return acceptUpgrade(request, socket, head)
        },
      })
    } catch (error) {
      if (accepted) {
        console.error(`WebSocket ${path} failed:`, error)
        socket.destroy()
        return
      }
      const response = new ServerResponse(request)
      response.shouldKeepAlive = false
      response.assignSocket(socket as Socket)
      response.on('finish', () => socket.end())
      sendError(response, error, { path, method }, this.source)
    }
  }
}

function splitUrl(url: string): { path: string; query: URLSearchParams } {
  const mark = url.indexOf('?')
  return mark < 0
    ? { path: url, query: new URLSearchParams() }
    : { path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) }
}
