'use server'

import { z } from 'zod'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'
import { networkChoiceSchema, networkRequest } from './network-choice'

/** Changes the network policy of a sandbox and returns the sandbox with the enforced policy. */
export const setNetwork = actionWith(z.object({ ...sandboxFields, network: networkChoiceSchema })).action(
  async ({ parsedInput, ctx }) => {
    const { target, sandboxId, network } = parsedInput
    return await targets().client(target).setNetwork(sandboxId, networkRequest(network), { signal: ctx.signal })
  },
)
