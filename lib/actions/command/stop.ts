'use server'

import { z } from 'zod'
import { commandIdSchema, sessionIdSchema } from '@/lib/process-api/ids'
import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, sessionId: sessionIdSchema, commandId: commandIdSchema })

/** Stops a command with all its processes; for a finished command, the processes that it left running. */
export const stopCommand = actionWith('command.stop', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, sessionId, commandId } = parsedInput
  const call = { sandboxId, sessionId, commandId }
  await targets().client(target).call(sessionOperations.stopCommand, call, { signal: ctx.signal })
  return { commandId }
})
