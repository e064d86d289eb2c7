'use server'

import { z } from 'zod'
import { contextIdSchema } from '@/lib/process-api/ids'
import { interpreterOperations } from '@/lib/process-api/operations/interpreter'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, contextId: contextIdSchema })

/** Deletes a context with its variables, and ends its run. */
export const deleteContext = actionWith('context.delete', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, contextId } = parsedInput
  const call = { sandboxId, id: contextId }
  await targets().client(target).call(interpreterOperations.deleteContext, call, { signal: ctx.signal })
  return { contextId }
})
