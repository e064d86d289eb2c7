'use server'

import { z } from 'zod'
import { ptyOperations } from '@/lib/process-api/operations/pty'
import { ptyIdSchema, recordingRequestSchema } from '@/lib/process-api/pty'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, ptyId: ptyIdSchema, ...recordingRequestSchema.shape })

/** Starts or stops the recording of a terminal. Returns the id of the recording. */
export const recordPty = actionWith('terminal.record', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, ptyId, action } = parsedInput
  const call = { sandboxId, id: ptyId, body: { action } }
  const { id } = await targets().client(target).call(ptyOperations.recordPty, call, { signal: ctx.signal })
  return { recordingId: id }
})
