'use server'

import { z } from 'zod'
import { sessionIdSchema } from '@/lib/process-api/ids'
import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({
  ...sandboxFields,
  sessionId: sessionIdSchema,
  /** Processes of the session that keep running. */
  keepPids: z.array(z.number().int().positive()).max(1000).optional(),
})

/** Deletes a session with its output, and kills its processes except `keepPids`. */
export const deleteSession = actionWith('session.delete', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, sessionId, keepPids = [] } = parsedInput
  const query = keepPids.length > 0 ? { keep: keepPids.join(',') } : {}
  const call = { sandboxId, sessionId, query }
  await targets().client(target).call(sessionOperations.deleteSession, call, { signal: ctx.signal })
  return { sessionId }
})
