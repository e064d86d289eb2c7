'use server'

import { z } from 'zod'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

/** Stops a sandbox with everything that runs in it; files and output are kept. */
export const stopSandbox = actionWith('sandbox.stop', z.object(sandboxFields)).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId } = parsedInput
  return await targets().client(target).call(sandboxOperations.stopSandbox, { id: sandboxId }, { signal: ctx.signal })
})
