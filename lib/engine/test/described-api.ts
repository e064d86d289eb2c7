/** The API document of a running engine: finds operations by id, and validates responses with their schemas. */
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020'
import addFormats from 'ajv-formats'
import { apiDocument } from '../openapi/document'
import type { JsonObject } from '../openapi/json-schema'

export interface DescribedOperation {
  readonly id: string
  readonly method: string
  /** Path with parameters in braces. */
  readonly template: string
  readonly tag: string
  readonly operation: JsonObject
  readonly responses: Readonly<Record<string, JsonObject>>
  /** Only for WebSockets. */
  readonly isSocket: boolean
  /** Needs a credential. */
  readonly isSecured: boolean
  readonly isPreview: boolean
}

/** Rejects fields that are not described. */
const document = apiDocument({ closed: true })
const ajv = new Ajv2020({ strict: false, allErrors: true })
addFormats(ajv)
ajv.addSchema(document, 'document')

export const operations: readonly DescribedOperation[] = Object.entries(document.paths).flatMap(([template, methods]) =>
  Object.entries(methods).map(([method, operation]) => {
    const responses = operation.responses as Record<string, JsonObject>
    const [tag = ''] = operation.tags as string[]
    const answers = Object.keys(responses).some((status) => status.startsWith('2') || status.startsWith('3'))
    return {
      id: String(operation.operationId),
      method: method.toUpperCase(),
      template,
      tag,
      operation,
      responses,
      isSocket: operation['x-websocket'] !== undefined && !answers,
      isSecured: (operation.security as unknown[]).length > 0,
      isPreview: operation.servers !== undefined,
    }
  }),
)

export function operationById(id: string): DescribedOperation {
  const found = operations.find((it) => it.id === id)
  if (!found) throw new Error(`there is no operation ${id}`)
  return found
}

/** The address of an operation below the engine's. Throws for a parameter without a value. */
export function addressOf(
  { id, template, operation }: DescribedOperation,
  values: Readonly<Record<string, string>>,
  query: Readonly<Record<string, string>> = {},
): string {
  const value = (name: string) => {
    const given = values[name]
    if (given === undefined) throw new Error(`${id}: give the test a value for ${name}`)
    return encodeURIComponent(given)
  }
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => value(name))
  const parameters = (operation.parameters ?? []) as { name: string; in: string; required?: boolean }[]
  const needed = parameters.filter((it) => it.in === 'query' && it.required && query[it.name] === undefined)
  const given = Object.entries(query).map(([name, text]) => `${name}=${encodeURIComponent(text)}`)
  const search = [...needed.map(({ name }) => `${name}=${value(name)}`), ...given].join('&')
  return search === '' ? path : `${path}?${search}`
}

/** Why a response does not match the document; null if it does. */
export function problemOf(
  operation: DescribedOperation,
  status: number,
  type: string | null,
  body: string,
): string | null {
  const described = operation.responses[status]
  if (described === undefined && status < 400) return `${operation.id} answered ${status}, which is not described`
  const { content } = (described ?? document.components.responses.Failure) as { content?: Record<string, JsonObject> }
  if (content === undefined) return body === '' ? null : `${operation.id} has a body where none is described`
  const [mediaType = '', media = {}] = Object.entries(content)[0] ?? []
  if (mediaType !== '*/*' && !type?.startsWith(mediaType)) return `${operation.id} answered ${type}, not ${mediaType}`
  if (mediaType !== 'application/json' || media.schema === undefined) return null
  const validate = validator(media.schema as JsonObject)
  return validate(JSON.parse(body)) ? null : `${operation.id} ${status}: ${ajv.errorsText(validate.errors)} in ${body}`
}

/** A validator for a schema of the document. */
export function validator(schema: JsonObject): ValidateFunction {
  return ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"document#/components/')))
}

/** The schema of an operation's JSON body, with references resolved; null if there is no body. */
export function bodySchemaOf({ operation }: DescribedOperation): JsonObject | null {
  const body = operation.requestBody as { content: Record<string, { schema: JsonObject }> } | undefined
  const schema = body?.content['application/json']?.schema
  if (schema === undefined) return null
  if (typeof schema.$ref !== 'string') return schema
  return document.components.schemas[schema.$ref.split('/').at(-1) ?? ''] ?? null
}

/** The example of an operation's JSON body. */
export function bodyExampleOf({ operation }: DescribedOperation): Record<string, unknown> {
  const body = operation.requestBody as { content: Record<string, { example?: Record<string, unknown> }> } | undefined
  return body?.content['application/json']?.example ?? {}
}
