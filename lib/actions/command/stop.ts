'use server'

import { z } from 'zod'
import { commandIdSchema, sessionIdSchema } from '@/lib/process-api/ids'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, sessionId: sessionIdSchema, commandId: commandIdSchema })

/** Stops a command with all its processes; for a finished command, the processes that it left running. */
export const stopCommand = actionWith(inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, sessionId: session, commandId: command } = parsedInput
  await targets().client(target).stopCommand(sandboxId, session, command, { signal: ctx.signal })
  return { commandId: command }
})
