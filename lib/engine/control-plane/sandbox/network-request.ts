/** The network policy in a request, checked against what this engine can enforce. */
import { ApiError } from '@/lib/process-api/errors'
import { type NetworkFields, type NetworkPolicy, requestedNetworkPolicy } from '@/lib/process-api/network-policy'
import type { Isolation } from '../../isolation/isolation'

/**
 * Null when the request names no policy. An explicit policy is refused when it cannot be enforced. The default is
 * always accepted; the sandbox reports when it is not in force. Throws `BAD_REQUEST`.
 */
export function checkNetwork(fields: NetworkFields, isolation: Pick<Isolation, 'cannotEnforce'>): NetworkPolicy | null {
  const policy = requestedNetworkPolicy(fields)
  const isDefault = policy?.kind === 'internet' && !fields.networkPolicy
  if (policy === null || isDefault) return policy
  const problem = isolation.cannotEnforce(policy)
  if (problem !== null) throw new ApiError('BAD_REQUEST', problem)
  return policy
}
