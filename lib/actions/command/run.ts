'use server'

import { z } from 'zod'
import { sessionIdSchema } from '@/lib/process-api/ids'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({
  ...sandboxFields,
  sessionId: sessionIdSchema,
  command: z.string().min(1, 'type a command'),
  /** `wait`: standard input is at end of file; `background`: it stays open for input. */
  mode: z.enum(['wait', 'background']),
})

/**
 * Start a command in a session and return its id at once. Both modes start it without waiting, because an action that
 * waited for a process would hold up every other click; they differ in standard input only.
 */
export const runCommand = actionWith(inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, sessionId: id, command, mode } = parsedInput
  const commandId = await targets()
    .client(target)
    .execInSession(
      sandboxId,
      id,
      { command, runAsync: true, suppressInputEcho: true, stdin: mode === 'wait' ? 'closed' : 'open' },
      { signal: ctx.signal },
    )
  return { commandId }
})
