'use server'

import { z } from 'zod'
import { signalNameSchema } from '@/lib/process-api/extensions'
import { commandIdSchema, sessionIdSchema } from '@/lib/process-api/ids'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({
  ...sandboxFields,
  sessionId: sessionIdSchema,
  commandId: commandIdSchema,
  signal: signalNameSchema,
})

/** Sends a signal to a running command, as Ctrl+C does. */
export const signalCommand = actionWith(inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, sessionId: session, commandId: command, signal } = parsedInput
  await targets().client(target).signalCommand(sandboxId, session, command, signal, { signal: ctx.signal })
  return { commandId: command }
})
