'use server'

import { z } from 'zod'
import { sessionIdSchema } from '@/lib/process-api/ids'
import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { envsSchema } from '@/lib/process-api/process'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({
  ...sandboxFields,
  sessionId: sessionIdSchema,
  cwd: z.string().max(4096).optional(),
  envs: envsSchema.optional(),
})

/** Creates a shell session with the given id. Targets without the extension ignore `cwd` and `envs`. */
export const createSession = actionWith('session.create', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, ...session } = parsedInput
  await targets()
    .client(target)
    .call(sessionOperations.createSession, { sandboxId, body: session }, { signal: ctx.signal })
  return { sessionId: session.sessionId }
})
