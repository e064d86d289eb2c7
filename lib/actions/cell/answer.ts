'use server'

import { z } from 'zod'
import { contextIdSchema } from '@/lib/process-api/ids'
import { interpreterOperations } from '@/lib/process-api/operations/interpreter'
import { requireInterpreter } from '@/lib/target-data/cells'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({
  ...sandboxFields,
  contextId: contextIdSchema,
  text: z.string().default(''),
  /** End the input instead of sending a line. */
  eof: z.boolean().default(false),
})

/** Sends a line to the `input()` of the running cell. */
export const answerCell = actionWith('cell.answer', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, contextId, text, eof } = parsedInput
  const client = targets().client(target)
  await requireInterpreter({ target, client, sandboxId }, 'This target does not accept input for a cell.')
  const call = { sandboxId, id: contextId, body: { text, eof } }
  await client.call(interpreterOperations.answerContext, call, { signal: ctx.signal })
  return { contextId }
})
