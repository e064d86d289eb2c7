'use server'

import { z } from 'zod'
import { contextIdSchema } from '@/lib/process-api/ids'
import { interpreterOperations } from '@/lib/process-api/operations/interpreter'
import { requireInterpreter } from '@/lib/target-data/cells'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, contextId: contextIdSchema })

/** Ends the process of a context: the next cell starts without variables. */
export const restartContext = actionWith('context.restart', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, contextId } = parsedInput
  const client = targets().client(target)
  await requireInterpreter({ target, client, sandboxId }, 'This target cannot restart a context.')
  const call = { sandboxId, id: contextId }
  await client.call(interpreterOperations.restartContext, call, { signal: ctx.signal })
  return { contextId }
})
