'use server'

import { z } from 'zod'
import { contextIdSchema } from '@/lib/process-api/ids'
import { interpreterOperations } from '@/lib/process-api/operations/interpreter'
import { requireInterpreter } from '@/lib/target-data/cells'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, contextId: contextIdSchema })

/** Interrupts the running cell like Ctrl+C. Returns what happened to the cell and to the variables. */
export const interruptContext = actionWith('context.interrupt', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, contextId } = parsedInput
  const client = targets().client(target)
  const sentence = 'This target cannot interrupt a cell. The cell ends by itself or at its timeout.'
  await requireInterpreter({ target, client, sandboxId }, sentence)
  const call = { sandboxId, id: contextId }
  return await client.call(interpreterOperations.interruptContext, call, { signal: ctx.signal })
})
