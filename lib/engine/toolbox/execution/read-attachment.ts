import type { z } from 'zod'
import { summarizeError } from '../../state/summarize-error'

/** What was attached to an execution, or null where it is not what its owner attaches. */
export function readAttachment<Value>(text: string, schema: z.ZodType<Value>): Value | null {
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    console.error('an attachment could not be read:', summarizeError(error))
    return null
  }
}
