'use server'

import { z } from 'zod'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { resizeRequestSchema } from '@/lib/process-api/sandbox'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

/** Changes the CPU cores, the memory or the disk of a sandbox, and returns the sandbox. */
export const resizeSandbox = actionWith(
  'sandbox.resize',
  z.object({ ...sandboxFields, ...resizeRequestSchema.shape }),
).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, ...resources } = parsedInput
  const call = { id: sandboxId, body: resources }
  return await targets().client(target).call(sandboxOperations.resizeSandbox, call, { signal: ctx.signal })
})
