/** How an operation is called with curl. `$ENGINE` and `$KEY` stand for the engine's address and its key. */
import type { z } from 'zod'
import type { Operation } from './operation'

export interface CurlRequest {
  /** `ANY` is shown as a `GET`. */
  readonly method: string
  /** With parameters in braces, which become shell variables. */
  readonly template: string
  readonly operation: Operation
  /** Another address than the engine's own. */
  readonly origin?: string
}

export function curlExample({ method, template, operation, origin = '$ENGINE' }: CurlRequest): string {
  const isSocket = operation.socket !== undefined && Object.keys(operation.answers).length === 0
  const address = `${isSocket ? '$' + '{ENGINE/http/ws}' : origin}${asVariables(template)}${requiredQuery(operation)}`
  const lines = [
    `curl ${isSocket ? '-N ' : ''}${['GET', 'ANY'].includes(method) ? '' : `-X ${method} `}"${address}"`,
    operation.open ? '' : '-H "Authorization: Bearer $KEY"',
    ...bodyLines(operation),
  ]
  return lines.filter((line) => line !== '').join(' \\\n  ')
}

function asVariables(template: string): string {
  return template.replace(/\{(\w+)\}/g, '$$$1')
}

function requiredQuery({ query }: Operation): string {
  const needed = Object.entries(query?.shape ?? {}).filter(
    ([, schema]) => !(schema as z.ZodType).safeParse(undefined).success,
  )
  return needed.length === 0 ? '' : `?${needed.map(([name, schema]) => `${name}=${sampleOf(name, schema)}`).join('&')}`
}

/** The one value that is allowed, else a variable for the reader to set. */
function sampleOf(name: string, schema: unknown): string {
  const values = (schema as { values?: Set<unknown> }).values
  return values?.size === 1 ? String([...values][0]) : `$${name}`
}

function bodyLines({ body }: Operation): string[] {
  if (body === undefined) return []
  if (body.type === 'multipart/form-data') {
    const several = body.schema !== undefined && 'files[0].path' in (body.schema as z.ZodObject).shape
    return several ? ["-F 'files[0].path=a.txt'", "-F 'files[0].file=@a.txt'"] : ['-F file=@a.txt']
  }
  return [`-d '${JSON.stringify(body.example ?? {}).replaceAll("'", "'\\''")}'`]
}
