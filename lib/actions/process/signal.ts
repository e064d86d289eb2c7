'use server'

import { z } from 'zod'
import { processOperations } from '@/lib/process-api/operations/processes'
import { processSignalRequestSchema } from '@/lib/process-api/process-tree'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.object({ ...sandboxFields, pid: z.number().int().min(1), ...processSignalRequestSchema.shape })

/** Sends a signal to a process of a sandbox, optionally with its descendants. */
export const signalProcess = actionWith('process.signal', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, pid, ...body } = parsedInput
  const call = { sandboxId, pid, body }
  return await targets().client(target).call(processOperations.signalProcess, call, { signal: ctx.signal })
})
