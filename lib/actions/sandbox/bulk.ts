'use server'

import { z } from 'zod'
import type { ProcessApiClient } from '@/lib/process-api/client'
import { sandboxIdSchema } from '@/lib/process-api/ids'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { toProblem } from '@/lib/process-api/problem'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { plainRuns } from '@/lib/targets/plain-runs/shared'
import { targets } from '@/lib/targets/registry'
import { actionWith, targetField } from '../action-client'

const changeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.enum(['start', 'stop', 'delete']) }),
  z.object({
    kind: z.literal('label'),
    name: z.string().trim().min(1, 'is required').max(256),
    /** Null removes the label. */
    value: z.string().max(1024).nullable(),
  }),
])
export type BulkChange = z.infer<typeof changeSchema>

const inputSchema = z.object({
  ...targetField,
  sandboxIds: z.array(sandboxIdSchema).min(1).max(10),
  change: changeSchema,
})

export interface BulkResult {
  sandboxId: string
  /** The changed sandbox; null if it was deleted or could not be changed. */
  sandbox: SandboxDto | null
  /** Why it could not be changed. */
  problem: string | null
}

/** Changes several sandboxes side by side, and returns what happened to each. */
export const changeSandboxes = actionWith('sandbox.change', inputSchema).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxIds, change } = parsedInput
  const client = targets().client(target)
  const results = sandboxIds.map(async (sandboxId): Promise<BulkResult> => {
    try {
      const sandbox = await apply(client, sandboxId, change, ctx.signal)
      if (change.kind === 'delete') plainRuns().forget({ target, sandboxId })
      return { sandboxId, sandbox, problem: null }
    } catch (error) {
      return { sandboxId, sandbox: null, problem: toProblem(error).message }
    }
  })
  return await Promise.all(results)
})

async function apply(
  client: ProcessApiClient,
  id: string,
  change: BulkChange,
  signal: AbortSignal,
): Promise<SandboxDto | null> {
  switch (change.kind) {
    case 'start':
      return await client.call(sandboxOperations.startSandbox, { id }, { signal })
    case 'stop':
      return await client.call(sandboxOperations.stopSandbox, { id }, { signal })
    case 'delete':
      await client.call(sandboxOperations.deleteSandbox, { id }, { signal })
      return null
    case 'label': {
      const { labels } = await client.call(sandboxOperations.getSandbox, { id }, { signal })
      const { [change.name]: _replaced, ...others } = labels
      const body = { labels: change.value === null ? others : { ...others, [change.name]: change.value } }
      await client.call(sandboxOperations.setSandboxLabels, { id, body }, { signal })
      return await client.call(sandboxOperations.getSandbox, { id }, { signal })
    }
  }
}
