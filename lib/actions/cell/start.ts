'use server'

import { z } from 'zod'
import { contextIdSchema } from '@/lib/process-api/ids'
import { timeoutSecondsSchema } from '@/lib/process-api/process'
import { startCell as startAt } from '@/lib/target-data/cells'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({
  ...sandboxFields,
  contextId: contextIdSchema,
  code: z.string().min(1),
  timeout: timeoutSecondsSchema.nullable().default(null),
})

/** Runs code in a context and returns the id of the run at once; its output arrives on the live connection. */
export const startCell = actionWith('cell.start', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, contextId, code, timeout } = parsedInput
  const client = targets().client(target)
  return {
    runId: await startAt({ target, client, sandboxId, contextId }, { code, timeout }, { signal: ctx.signal }),
  }
})
