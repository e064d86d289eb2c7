'use server'

import { z } from 'zod'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

/** Starts a stopped sandbox; its files are unchanged. */
export const startSandbox = actionWith('sandbox.start', z.object(sandboxFields)).action(
  async ({ parsedInput, ctx }) => {
    const { target, sandboxId } = parsedInput
    return await targets()
      .client(target)
      .call(sandboxOperations.startSandbox, { id: sandboxId }, { signal: ctx.signal })
  },
)
