'use server'

import { z } from 'zod'
import { targets } from '@/lib/targets/registry'
import { actionWith, sandboxFields } from '../action-client'
import { networkChoiceSchema, networkRequest } from './network-choice'

/** Change what a sandbox may reach; the answer tells what is in force. */
export const setNetwork = actionWith(z.object({ ...sandboxFields, network: networkChoiceSchema })).action(
  async ({ parsedInput, ctx }) => {
    const { target, sandboxId, network } = parsedInput
    return await targets().client(target).setNetwork(sandboxId, networkRequest(network), { signal: ctx.signal })
  },
)
