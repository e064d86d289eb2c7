'use server'

import { z } from 'zod'
import { sessionIdSchema } from '@/lib/process-api/ids'
import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({
  ...sandboxFields,
  sessionId: sessionIdSchema,
  command: z.string().min(1, 'Enter a command'),
  /** `wait`: standard input is at end of file; `background`: it stays open for input. */
  mode: z.enum(['wait', 'background']),
})

/**
 * Starts a command in a session and returns its id at once. Both modes start it without waiting, because an action that
 * waited for a process would block every other click; they differ only in standard input.
 */
export const runCommand = actionWith('command.run', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, sessionId, command, mode } = parsedInput
  const stdin = mode === 'wait' ? 'closed' : 'open'
  const body = { command, runAsync: true, suppressInputEcho: true, stdin } as const
  const { cmdId } = await targets()
    .client(target)
    .call(sessionOperations.executeInSession, { sandboxId, sessionId, body }, { signal: ctx.signal })
  return { commandId: cmdId }
})
