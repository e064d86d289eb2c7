import type { z } from 'zod'
import { log } from '@/lib/log/log'
import { summarizeError } from '../../state/summarize-error'

/** Parse the attachment of an execution; null if it is not valid. */
export function readAttachment<Value>(text: string, schema: z.ZodType<Value>): Value | null {
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    log.error({ reason: summarizeError(error) }, 'an attachment could not be read')
    return null
  }
}
