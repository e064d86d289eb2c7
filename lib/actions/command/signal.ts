'use server'

import { z } from 'zod'
import { signalNameSchema } from '@/lib/process-api/extensions'
import { commandIdSchema, sessionIdSchema } from '@/lib/process-api/ids'
import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({
  ...sandboxFields,
  sessionId: sessionIdSchema,
  commandId: commandIdSchema,
  signal: signalNameSchema,
})

/** Sends a signal to a running command, as Ctrl+C does. */
export const signalCommand = actionWith('command.signal', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, sessionId, commandId, signal } = parsedInput
  const call = { sandboxId, sessionId, commandId, body: { signal } }
  await targets().client(target).call(sessionOperations.signalCommand, call, { signal: ctx.signal })
  return { commandId }
})
