'use server'

import { z } from 'zod'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'
import { copyDeadlineMs, waitForCopy } from './copy-in-background'

/** Archives a stopped sandbox. `sandbox` is null while the files are still being packed. */
export const archiveSandbox = actionWith('sandbox.archive', z.object(sandboxFields)).action(async ({ parsedInput }) => {
  const { target, sandboxId } = parsedInput
  const call = { id: sandboxId }
  const archive = targets().client(target).call(sandboxOperations.archiveSandbox, call, { deadlineMs: copyDeadlineMs })
  return { sandbox: await waitForCopy(archive) }
})
