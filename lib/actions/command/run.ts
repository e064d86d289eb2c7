'use server'

import { z } from 'zod'
import { sessionIdSchema } from '@/lib/process-api/ids'
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
