'use server'

import { z } from 'zod'
import { sandboxOperations } from '@/lib/process-api/operations/sandboxes'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'
import { networkChoiceSchema, networkRequest } from './network-choice'

/** Changes the network policy of a sandbox and returns the sandbox with the enforced policy. */
export const setNetwork = actionWith(
  'sandbox.setNetwork',
  z.object({ ...sandboxFields, network: networkChoiceSchema }),
).action(async ({ parsedInput, ctx }) => {
  const { target, sandboxId, network } = parsedInput
  const call = { id: sandboxId, body: networkRequest(network) }
  return await targets().client(target).call(sandboxOperations.setSandboxNetwork, call, { signal: ctx.signal })
})
