import 'server-only'
import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import { type NetworkFields, networkPolicyKindSchema } from '@/lib/process-api/network-policy'

/** A network policy from a form; `allowList` is the text as typed. */
export const networkChoiceSchema = z.object({ kind: networkPolicyKindSchema, allowList: z.string().max(4_000) })

/** The request fields of a policy: those of the reference API where they exist, so that other targets understand them. */
export function networkRequest({ kind, allowList }: z.infer<typeof networkChoiceSchema>): NetworkFields {
  switch (kind) {
    case 'none':
      return { networkBlockAll: true }
    case 'internet':
      return { networkBlockAll: false }
    case 'all':
      return { networkPolicy: 'all' }
    case 'allow-list':
      if (allowList.replaceAll(',', '').trim() === '') {
        throw new ApiError('BAD_REQUEST', 'networkAllowList: list at least one network, or choose None')
      }
      return { networkAllowList: allowList }
  }
}
