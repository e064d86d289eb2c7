'use server'

import { z } from 'zod'
import { signalName } from '@/lib/process-api/extensions'
import { commandId, sessionId } from '@/lib/process-api/ids'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const input = z.object({ ...sandboxFields, sessionId, commandId, signal: signalName })

/** Send a signal to a running command, as Ctrl-C does. */
export const signalCommand = actionWith(input).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, sessionId: session, commandId: command, signal } = parsedInput
  await targets().client(target).signalCommand(sandboxId, session, command, signal, { signal: ctx.signal })
  return { commandId: command }
})
