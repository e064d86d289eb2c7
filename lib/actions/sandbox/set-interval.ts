'use server'

import { z } from 'zod'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { intervalMinutesSchema, ttlMinutesSchema } from '@/lib/process-api/sandbox'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'

const inputSchema = z.discriminatedUnion('kind', [
  z.object({
    ...sandboxFields,
    kind: z.enum(['auto-stop', 'auto-archive', 'auto-delete']),
    minutes: intervalMinutesSchema,
  }),
  z.object({ ...sandboxFields, kind: z.literal('ttl'), minutes: ttlMinutesSchema }),
])

/** Sets one of the intervals of a sandbox, in minutes, and returns the sandbox. */
export const setSandboxInterval = actionWith('sandbox.setInterval', inputSchema).action(
  async ({ parsedInput, ctx }) => {
    const { target, sandboxId, kind, minutes } = parsedInput
    const client = targets().client(target)
    const [id, signal] = [sandboxId, ctx.signal]
    switch (kind) {
      case 'auto-stop':
        return await client.call(sandboxOperations.setAutoStop, { id, n: minutes }, { signal })
      case 'auto-archive':
        return await client.call(sandboxOperations.setAutoArchive, { id, n: minutes }, { signal })
      case 'auto-delete':
        return await client.call(sandboxOperations.setAutoDelete, { id, n: minutes }, { signal })
      case 'ttl':
        return await client.call(sandboxOperations.setTimeToLive, { id, minutes }, { signal })
    }
  },
)
