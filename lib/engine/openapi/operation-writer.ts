/** One operation of the document, out of its description. */
import { z } from 'zod'
import { type ErrorCode, statusOf } from '@/lib/process-api/errors'
import { curlExample } from './curl-example'
import type { JsonObject, SchemaWriter } from './json-schema'
import { type Content, json, type Operation, type OperationGroup, type Parameter } from './operation'
import type { Part } from './part'
import { engineErrorSchema } from './schemas/errors'

/** What belongs together about one route. */
export interface Described {
  readonly part: Part
  readonly group: OperationGroup
  readonly operation: Operation
  readonly method: string
  /** As in the router, below the part's prefix. */
  readonly path: string
}

/** `/a/:b/*` as `/a/{b}/{path}`. */
export function templateOf({ part, path }: Pick<Described, 'part' | 'path'>): string {
  return `${part.prefix}${path}`.replace(/:(\w+)/g, '{$1}').replace(/\*$/, '{path}')
}

export class OperationWriter {
  constructor(private readonly schemas: SchemaWriter) {}

  write(described: Described): JsonObject {
    const { part, group, operation } = described
    const parameters = this.parameters(described)
    const credentials = operation.open ? [] : (operation.credentials ?? part.credentials)
    return {
      operationId: operation.id,
      summary: operation.summary,
      description: operation.about,
      tags: [group.tag],
      ...(operation.deprecated ? { deprecated: true } : {}),
      ...(operation.extension ? { 'x-sandglass-extension': true } : {}),
      ...(operation.whileStopped ? { 'x-sandglass-while-stopped': true } : {}),
      ...(operation.refuses ? { 'x-sandglass-refusal': refusalOf(operation.refuses) } : {}),
      ...(operation.tunnel ? { 'x-sandglass-tunnel': true } : {}),
      security: credentials.map((name) => ({ [name]: [] })),
      ...(parameters.length > 0 ? { parameters } : {}),
      ...(operation.body ? { requestBody: this.body(operation.body) } : {}),
      responses: this.responses(described),
      ...(operation.socket ? { 'x-websocket': this.socket(operation.socket) } : {}),
      ...(part.servers ? { servers: part.servers } : {}),
      'x-codeSamples': [{ lang: 'Shell', label: 'curl', source: this.example(described) }],
    }
  }

  private example({ part, operation, method, path }: Described): string {
    const template = templateOf({ part, path })
    return curlExample({ method, template, operation, ...(part.servers ? { origin: '$PREVIEW' } : {}) })
  }

  private parameters({ part, group, operation, path }: Described): JsonObject[] {
    const known = { ...part.params, ...group.params, ...operation.params }
    const inPath = [...`${part.prefix}${path}`.matchAll(/:(\w+)/g)].map(([, name = '']) => {
      const parameter = known[name]
      if (!parameter) throw new Error(`${operation.id}: the parameter ${name} of its path is not described`)
      return this.parameter('path', name, parameter, true)
    })
    if (path.endsWith('*')) inPath.push(this.parameter('path', 'path', restOfPath, true))
    const inQuery = Object.entries(operation.query?.shape ?? {}).map(([name, schema]) => {
      const about = operation.queryNotes?.[name]
      if (about === undefined) throw new Error(`${operation.id}: the parameter ${name} of its query is not described`)
      const required = !(schema as z.ZodType).safeParse(undefined).success
      return this.parameter('query', name, { schema: schema as z.ZodType, about }, required)
    })
    const headers = Object.entries(operation.headers ?? {}).map(([name, it]) =>
      this.parameter('header', name, it, false),
    )
    const common = Object.keys(part.headers).map((name) => ({ $ref: `#/components/parameters/${name}` }))
    return [...inPath, ...inQuery, ...headers, ...common]
  }

  /** Headers that whole parts take, to be referred to by their names. */
  commonParameters(parts: readonly Part[]): Record<string, JsonObject> {
    const headers = parts.flatMap((part) => Object.entries(part.headers))
    return Object.fromEntries(headers.map(([name, it]) => [name, this.parameter('header', name, it, false)]))
  }

  /** What every operation can answer with. */
  commonResponses(): Record<string, JsonObject> {
    const about = 'Any other failure; a host name that is not the engine’s is refused with 403 before anything else.'
    return { Failure: { description: about, content: this.content(json(engineErrorSchema, about), 'output') } }
  }

  private parameter(place: string, name: string, { schema, about, example }: Parameter, required: boolean): JsonObject {
    return {
      name,
      in: place,
      ...(required ? { required: true } : {}),
      description: about,
      schema: this.schemas.write(schema, 'input'),
      ...(example === undefined ? {} : { example }),
    }
  }

  private body(body: Content): JsonObject {
    const required = body.schema === undefined || !body.schema.safeParse({}).success
    return { description: body.about, required, content: this.content(body, 'input') }
  }

  private content({ type, schema, example }: Content, direction: 'input' | 'output'): JsonObject {
    if (type === undefined) return {}
    return {
      [type]: {
        ...(schema ? { schema: this.schemas.write(schema, direction) } : {}),
        ...(example === undefined ? {} : { example }),
      },
    }
  }

  private responses({ part, operation }: Described): JsonObject {
    const responses: JsonObject = {}
    for (const [status, answer] of Object.entries(operation.answers)) {
      responses[status] = {
        description: answer.about,
        ...(answer.type === undefined ? {} : { content: this.content(answer, 'output') }),
      }
    }
    if (operation.socket) responses['101'] = { description: 'The connection is a WebSocket from here on.' }
    const codes = new Set<ErrorCode>([
      ...(operation.open ? [] : part.errors),
      ...(operation.refuses ? [operation.refuses.code] : []),
      ...(operation.errors ?? []),
      ...(operation.body?.type === 'application/json' ? (['PAYLOAD_TOO_LARGE'] as const) : []),
      ...(operation.socket?.plain === 'refused' ? (['BAD_REQUEST'] as const) : []),
    ])
    for (const [status, those] of Object.entries(byStatus(codes))) responses[status] = this.failure(those, operation)
    responses.default = { $ref: '#/components/responses/Failure' }
    return responses
  }

  private failure(codes: readonly ErrorCode[], { refuses }: Operation): JsonObject {
    const names = codes.map((code) => `\`${code}\``).join(', ')
    const sentence = refuses && codes.includes(refuses.code) ? `: ${refuses.message}` : ''
    return {
      description: `${names}${sentence}`,
      content: this.content(json(engineErrorSchema, sentence), 'output'),
    }
  }

  private socket(socket: NonNullable<Operation['socket']>): JsonObject {
    const { about, fromServer, fromClient, binary, subprotocols } = socket
    return {
      description: about,
      ...(subprotocols ? { subprotocols } : {}),
      ...(fromServer ? { fromServer: this.schemas.write(fromServer, 'output') } : {}),
      ...(fromClient ? { fromClient: this.schemas.write(fromClient, 'input') } : {}),
      ...(binary === undefined ? {} : { binary }),
    }
  }
}

const restOfPath: Parameter = {
  schema: z.string(),
  about: 'The rest of the path, which may have slashes in it.',
}

function byStatus(codes: Iterable<ErrorCode>): Record<string, ErrorCode[]> {
  const found: Record<string, ErrorCode[]> = {}
  for (const code of codes) {
    const status = String(statusOf(code))
    found[status] = [...(found[status] ?? []), code]
  }
  return found
}

function refusalOf({ code, message }: NonNullable<Operation['refuses']>): JsonObject {
  return { status: statusOf(code), code, message }
}
