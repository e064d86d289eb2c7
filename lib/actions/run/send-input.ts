'use server'

import { z } from 'zod'
import { runIdSchema } from '@/lib/process-api/ids'
import { runOperations } from '@/lib/process-api/operations/runs'
import { inputBody } from '@/lib/process-api/process'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z
  .object({
    ...sandboxFields,
    runId: runIdSchema,
    data: z.string().default(''),
    /** End the data with a newline. */
    newline: z.boolean().default(true),
    /** Close standard input after the data. */
    eof: z.boolean().default(false),
  })
  .refine((it) => it.data !== '' || it.newline || it.eof, { message: 'There is nothing to send' })

/** Writes to a run's standard input. */
export const sendRunInput = actionWith('run.sendInput', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, runId, ...input } = parsedInput
  const call = { sandboxId, runId, body: inputBody(input) }
  await targets().client(target).call(runOperations.sendRunInput, call, { signal: ctx.signal })
  return { runId }
})
