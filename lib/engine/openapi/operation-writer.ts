/** Writes operations in the form of OpenAPI. */
import { z } from 'zod'
import { type ErrorCode, statusOf } from '@/lib/process-api/errors'
import {
  json,
  type Operation,
  type Parameter,
  parameter,
  type RequestBody,
  type Response,
  type Socket,
} from '@/lib/process-api/operations/operation'
import { curlExample } from './curl-example'
import type { JsonObject, SchemaWriter } from './json-schema'
import { parts } from './part'
import { engineErrorSchema } from './schemas/errors'

/** `/a/:b/*` as `/a/{b}/{path}`, below the address of the engine. */
export function templateOf({ area, path }: Operation): string {
  return `${parts[area.api].prefix}${path}`.replace(/:(\w+)/g, '{$1}').replace(/\*$/, '{path}')
}

export class OperationWriter {
  constructor(private readonly schemas: SchemaWriter) {}

  write(operation: Operation): JsonObject {
    const part = parts[operation.area.api]
    const parameters = this.parameters(operation)
    const credentials = operation.open ? [] : (operation.credentials ?? part.credentials)
    return {
      operationId: operation.id,
      summary: operation.summary,
      description: operation.description,
      tags: [operation.area.tag],
      ...(operation.deprecated ? { deprecated: true } : {}),
      ...(operation.extension ? { 'x-sandglass-extension': true } : {}),
      ...(operation.whileStopped ? { 'x-sandglass-while-stopped': true } : {}),
      ...(operation.refusal ? { 'x-sandglass-refusal': refusalOf(operation.refusal) } : {}),
      ...(operation.tunnel ? { 'x-sandglass-tunnel': true } : {}),
      security: credentials.map((name) => ({ [name]: [] })),
      ...(parameters.length > 0 ? { parameters } : {}),
      ...(operation.body ? { requestBody: this.body(operation.body) } : {}),
      responses: this.responses(operation),
      ...(operation.socket ? { 'x-websocket': this.socket(operation.socket) } : {}),
      ...(part.servers ? { servers: part.servers } : {}),
      'x-codeSamples': [{ lang: 'Shell', label: 'curl', source: this.example(operation) }],
    }
  }

  private example(operation: Operation): string {
    return curlExample(operation, templateOf(operation), parts[operation.area.api].servers ? '$PREVIEW' : '$ENGINE')
  }

  private parameters({ area, path, params = {}, query = {}, headers = {} }: Operation): JsonObject[] {
    const part = parts[area.api]
    const inPath = { ...part.params, ...params, ...(path.endsWith('*') ? { path: restOfPath } : {}) }
    return [
      ...Object.entries(inPath).map(([name, it]) => this.parameter('path', name, it, true)),
      ...Object.entries(query).map(([name, it]) => this.parameter('query', name, it, isRequired(it))),
      ...Object.entries(headers).map(([name, it]) => this.parameter('header', name, it, false)),
      ...Object.keys(part.headers).map((name) => ({ $ref: `#/components/parameters/${name}` })),
    ]
  }

  /** Headers that every operation of an API accepts. */
  commonParameters(): Record<string, JsonObject> {
    const headers = Object.values(parts).flatMap((part) => Object.entries(part.headers))
    return Object.fromEntries(headers.map(([name, it]) => [name, this.parameter('header', name, it, false)]))
  }

  /** Responses of every operation. */
  commonResponses(): Record<string, JsonObject> {
    const description = 'Any other error. Requests with an unknown host name are refused with 403.'
    return { Failure: { description, content: this.content(json(engineErrorSchema, description), 'output') } }
  }

  private parameter(
    place: string,
    name: string,
    { schema, form = schema, description, example }: Parameter,
    required: boolean,
  ): JsonObject {
    return {
      name,
      in: place,
      ...(required ? { required: true } : {}),
      description,
      schema: this.schemas.write(form, 'input'),
      ...(example === undefined ? {} : { example }),
    }
  }

  private body(body: RequestBody): JsonObject {
    const required = !body.schema.safeParse({}).success
    return { description: body.description, required, content: this.content(body, 'input') }
  }

  private content(
    { type, schema, example }: Pick<Response, 'type' | 'schema'> & { readonly example?: unknown },
    direction: 'input' | 'output',
  ): JsonObject {
    if (type === undefined) return {}
    return {
      [type]: {
        ...(schema ? { schema: this.schemas.write(schema, direction) } : {}),
        ...(example === undefined ? {} : { example }),
      },
    }
  }

  private responses(operation: Operation): JsonObject {
    const responses: JsonObject = {}
    for (const [status, response] of Object.entries(operation.responses)) {
      responses[status] = {
        description: response.description,
        ...(response.type === undefined ? {} : { content: this.content(response, 'output') }),
      }
    }
    if (operation.socket) responses['101'] = { description: 'The connection is now a WebSocket.' }
    const codes = new Set<ErrorCode>([
      ...(operation.open ? [] : parts[operation.area.api].errors),
      ...(operation.refusal ? [operation.refusal.code] : []),
      ...(operation.errors ?? []),
      ...(operation.body?.type === 'application/json' ? (['PAYLOAD_TOO_LARGE'] as const) : []),
      ...(operation.socket?.withoutUpgrade === 'refuse' ? (['BAD_REQUEST'] as const) : []),
    ])
    for (const [status, those] of Object.entries(byStatus(codes))) responses[status] = this.failure(those, operation)
    responses.default = { $ref: '#/components/responses/Failure' }
    return responses
  }

  private failure(codes: readonly ErrorCode[], { refusal }: Operation): JsonObject {
    const names = codes.map((code) => `\`${code}\``).join(', ')
    const sentence = refusal && codes.includes(refusal.code) ? `: ${refusal.message}` : ''
    return {
      description: `${names}${sentence}`,
      content: this.content(json(engineErrorSchema, sentence), 'output'),
    }
  }

  private socket({ description, fromServer, fromClient, binary, subprotocols }: Socket): JsonObject {
    return {
      description,
      ...(subprotocols ? { subprotocols } : {}),
      ...(fromServer ? { fromServer: this.schemas.write(fromServer, 'output') } : {}),
      ...(fromClient ? { fromClient: this.schemas.write(fromClient, 'input') } : {}),
      ...(binary === undefined ? {} : { binary }),
    }
  }
}

const restOfPath = parameter(z.string(), 'The rest of the path, which can contain slashes.')

function isRequired({ schema }: Parameter): boolean {
  return !schema.safeParse(undefined).success
}

function byStatus(codes: Iterable<ErrorCode>): Record<string, ErrorCode[]> {
  const found: Record<string, ErrorCode[]> = {}
  for (const code of codes) {
    const status = String(statusOf(code))
    found[status] = [...(found[status] ?? []), code]
  }
  return found
}

function refusalOf({ code, message }: NonNullable<Operation['refusal']>): JsonObject {
  return { status: statusOf(code), code, message }
}
