/** Examples with curl. `$ENGINE` and `$KEY` stand for the address of the engine and its key. */
import type { z } from 'zod'
import type { Operation, Parameter } from '@/lib/process-api/operations/operation'

/**
 * @param template path with parameters in braces, which become shell variables
 * @param origin address in front of it
 */
export function curlExample(operation: Operation, template: string, origin: string): string {
  const { method, open, socket, responses } = operation
  const isSocket = socket !== undefined && Object.keys(responses).length === 0
  const address = `${isSocket ? '$' + '{ENGINE/http/ws}' : origin}${asVariables(template)}${requiredQuery(operation)}`
  const lines = [
    `curl ${isSocket ? '-N ' : ''}${['GET', 'ANY'].includes(method) ? '' : `-X ${method} `}"${address}"`,
    open ? '' : '-H "Authorization: Bearer $KEY"',
    ...bodyLines(operation),
  ]
  return lines.filter((line) => line !== '').join(' \\\n  ')
}

function asVariables(template: string): string {
  return template.replace(/\{(\w+)\}/g, '$$$1')
}

function requiredQuery({ query = {} }: Operation): string {
  const required = Object.entries(query).filter(([, { schema }]) => !schema.safeParse(undefined).success)
  return required.length === 0 ? '' : `?${required.map(([name, it]) => `${name}=${sampleOf(name, it)}`).join('&')}`
}

/** The only allowed value, or a variable for the reader to set. */
function sampleOf(name: string, { schema }: Parameter): string {
  const values = (schema as { values?: Set<unknown> }).values
  return values?.size === 1 ? String([...values][0]) : `$${name}`
}

function bodyLines({ body }: Operation): string[] {
  if (body === undefined) return []
  if (body.type === 'multipart/form-data') {
    const several = 'files[0].path' in (body.schema as z.ZodObject).shape
    return several ? ["-F 'files[0].path=a.txt'", "-F 'files[0].file=@a.txt'"] : ['-F file=@a.txt']
  }
  return [`-d '${JSON.stringify(body.example ?? {}).replaceAll("'", "'\\''")}'`]
}
