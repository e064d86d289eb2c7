'use server'

import { z } from 'zod'
import { processSignalRequest } from '@/lib/process-api/process-tree'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const input = z.object({ ...sandboxFields, pid: z.number().int().min(1), ...processSignalRequest.shape })

/** Send a signal to a process of a sandbox, or to it and all that descends from it. */
export const signalProcess = actionWith(input).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, pid, ...order } = parsedInput
  return await targets().client(target).signalProcess(sandboxId, pid, order, { signal: ctx.signal })
})
