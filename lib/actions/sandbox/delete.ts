'use server'

import { z } from 'zod'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { plainRuns } from '@/lib/targets/plain-runs/shared'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

/** Deletes a sandbox with its files, sessions, runs and their output. */
export const deleteSandbox = actionWith('sandbox.delete', z.object(sandboxFields)).action(
  async ({ parsedInput, ctx }) => {
    const { target, sandboxId } = parsedInput
    await targets().client(target).call(sandboxOperations.deleteSandbox, { id: sandboxId }, { signal: ctx.signal })
    plainRuns().forget({ target, sandboxId })
    return { sandboxId }
  },
)
