'use server'

import { z } from 'zod'
import { sessionId } from '@/lib/process-api/ids'
import { envs } from '@/lib/process-api/process'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const input = z.object({ ...sandboxFields, sessionId, cwd: z.string().max(4096).optional(), envs: envs.optional() })

/** Create a shell session under an id of the caller's choice. Targets without the extension ignore `cwd` and `envs`. */
export const createSession = actionWith(input).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, ...session } = parsedInput
  await targets().client(target).createSession(sandboxId, session, { signal: ctx.signal })
  return { sessionId: session.sessionId }
})
