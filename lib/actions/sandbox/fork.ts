'use server'

import { z } from 'zod'
import { sandboxNameSchema } from '@/lib/process-api/ids'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'
import { copyDeadlineMs, waitForCopy } from './copy-in-background'

/** Copies the files of a sandbox to a new one. `sandbox` is null while the files are still being copied. */
export const forkSandbox = actionWith(
  'sandbox.fork',
  z.object({ ...sandboxFields, name: sandboxNameSchema.optional() }),
).action(async ({ parsedInput }) => {
  const { target, sandboxId, name } = parsedInput
  const call = { id: sandboxId, body: name === undefined ? {} : { name } }
  const fork = targets().client(target).call(sandboxOperations.forkSandbox, call, { deadlineMs: copyDeadlineMs })
  return { sandbox: await waitForCopy(fork) }
})
