'use server'

import { z } from 'zod'
import { sessionIdSchema } from '@/lib/process-api/ids'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({
  ...sandboxFields,
  sessionId: sessionIdSchema,
  /** Processes of the session that keep running. */
  keepPids: z.array(z.number().int().positive()).max(1000).optional(),
})

/** Deletes a session with its output, and kills its processes except `keepPids`. */
export const deleteSession = actionWith(inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, sessionId: id, keepPids } = parsedInput
  await targets().client(target).deleteSession(sandboxId, id, keepPids, { signal: ctx.signal })
  return { sessionId: id }
})
