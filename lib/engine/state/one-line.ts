import { ZodError } from 'zod'

/** What is wrong with a record, short enough for a line of the log, and without what the record says. */
export function oneLine(error: unknown): string {
  if (error instanceof ZodError) {
    const issue = error.issues[0]
    return `${issue?.path.map(String).join('.').slice(0, 64)}: ${issue?.message.slice(0, 200)}`
  }
  return error instanceof Error ? error.message : String(error)
}
