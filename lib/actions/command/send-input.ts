'use server'

import { z } from 'zod'
import { commandIdSchema, sessionIdSchema } from '@/lib/process-api/ids'
import { sessionOperations } from '@/lib/process-api/operations/sessions'
import { inputBody } from '@/lib/process-api/process'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z
  .object({
    ...sandboxFields,
    sessionId: sessionIdSchema,
    commandId: commandIdSchema,
    data: z.string().default(''),
    /** End the data with a newline. */
    newline: z.boolean().default(true),
    /** Close standard input after the data. */
    eof: z.boolean().default(false),
  })
  .refine((it) => it.data !== '' || it.newline || it.eof, { message: 'There is nothing to send' })

/** Writes to a running command's standard input. */
export const sendInput = actionWith('command.sendInput', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, sessionId, commandId, ...input } = parsedInput
  const call = { sandboxId, sessionId, commandId, body: inputBody(input) }
  await targets().client(target).call(sessionOperations.sendCommandInput, call, { signal: ctx.signal })
  return { commandId }
})
