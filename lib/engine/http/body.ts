/** JSON request bodies under the reference's rules (1.6): any content type, keys in any case, unknown keys ignored. */
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import type { BodyRules } from '@/lib/process-api/operations/operation'

/**
 * How many bytes of a body that is too long are read and discarded. A client that sends the whole body before it reads
 * the response would otherwise see a broken connection instead.
 */
const maxDiscardedBytes = 256 * 1024 * 1024

/** Read a whole body. Throws `PAYLOAD_TOO_LARGE` with the limit in bytes. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = () => new ApiError('PAYLOAD_TOO_LARGE', `the request body is longer than ${limit} bytes`, { limit })
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= limit) chunks.push(chunk)
      else chunks.length = 0
      if (size > limit + maxDiscardedBytes) reject(tooLarge())
    })
    request.on('end', () => {
      if (size > limit) reject(tooLarge())
      else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks))
    })
    const onAborted = () => reject(new ApiError('BAD_REQUEST', 'the request ended before its body was complete'))
    request.on('error', onAborted)
    request.on('close', onAborted)
  })
}

/** Parse and validate a body. Every failure is a 400, in the reference's wording if it has one. */
export function parseBody<Schema extends z.ZodType>(bytes: Buffer, schema: Schema, rules: BodyRules): z.output<Schema> {
  const fail = (detail: string) => new ApiError(rules.code ?? 'INVALID_REQUEST_BODY', (rules.prefix ?? '') + detail)
  if (bytes.length === 0) throw fail('EOF')
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch (error) {
    throw fail(`not valid JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (value === null) value = {}
  if (typeof value !== 'object' || Array.isArray(value)) throw fail('the body must be a JSON object')
  const known = matchKeys(value as Record<string, unknown>, schema)
  const result = schema.safeParse(known)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw fail(issue ? explainIssue(issue, known, rules.name) : 'the body is not valid')
}

/** Correct the case of known keys and drop unknown ones; an exact key wins over one that differs in case. */
function matchKeys(value: Record<string, unknown>, schema: z.ZodType): Record<string, unknown> {
  if (!(schema instanceof z.ZodObject)) return value
  const names = Object.keys(schema.shape)
  const byLowerCase = new Map(names.map((name) => [name.toLowerCase(), name]))
  const matched: Record<string, unknown> = {}
  for (const [key, content] of Object.entries(value)) {
    const name = byLowerCase.get(key.toLowerCase())
    if (name === undefined) continue
    if (name === key || !Object.hasOwn(value, name)) matched[name] = content
  }
  return matched
}

function explainIssue(issue: z.core.$ZodIssue, value: Record<string, unknown>, typeName: string): string {
  const field = issue.path[0]
  if (issue.path.length === 1 && typeof field === 'string') {
    const given = value[field]
    if (given === undefined || given === null || given === '') {
      const name = field.charAt(0).toUpperCase() + field.slice(1)
      return `Key: '${typeName}.${name}' Error:Field validation for '${name}' failed on the 'required' tag`
    }
  }
  const where = issue.path.map(String).join('.')
  return where ? `${where}: ${issue.message}` : issue.message
}
