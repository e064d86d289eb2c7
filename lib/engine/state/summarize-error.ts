import { ZodError } from 'zod'

/** Describe an error in one short log line. For a schema error, the line never contains the record's values. */
export function summarizeError(error: unknown): string {
  if (error instanceof ZodError) {
    const issue = error.issues[0]
    return `${issue?.path.map(String).join('.').slice(0, 64)}: ${issue?.message.slice(0, 200)}`
  }
  return error instanceof Error ? error.message : String(error)
}
