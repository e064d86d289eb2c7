'use server'

import { z } from 'zod'
import { snapshotOperations } from '@/lib/process-api/operations/snapshots'
import { snapshotNameSchema } from '@/lib/process-api/snapshots'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'
import { copyDeadlineMs, waitForCopy } from './copy-in-background'

/** Saves the files of a sandbox as a snapshot. `created` is false while the files are still being copied. */
export const createSnapshot = actionWith(
  'sandbox.createSnapshot',
  z.object({ ...sandboxFields, name: snapshotNameSchema }),
).action(async ({ parsedInput }) => {
  const { target, sandboxId, name } = parsedInput
  const call = { id: sandboxId, body: { name } }
  const copy = targets().client(target).call(snapshotOperations.createSnapshot, call, { deadlineMs: copyDeadlineMs })
  return { created: (await waitForCopy(copy)) !== null }
})
