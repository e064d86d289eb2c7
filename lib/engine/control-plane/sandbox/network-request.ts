/** The network policy that a request asks for, checked against what this engine can enforce. */
import { ApiError } from '@/lib/process-api/errors'
import { type NetworkFields, type NetworkPolicy, requestedNetworkPolicy } from '@/lib/process-api/network-policy'
import type { Isolation } from '../../isolation/isolation'

/**
 * Null where a request asks for nothing. What was asked for by name must hold, so it is refused where it cannot; the
 * default is made everywhere, and the sandbox tells where it is not in force. Throws `BAD_REQUEST`.
 */
export function checkNetwork(fields: NetworkFields, isolation: Pick<Isolation, 'cannotEnforce'>): NetworkPolicy | null {
  const policy = requestedNetworkPolicy(fields)
  const isDefault = policy?.kind === 'internet' && !fields.networkPolicy
  if (policy === null || isDefault) return policy
  const problem = isolation.cannotEnforce(policy)
  if (problem !== null) throw new ApiError('BAD_REQUEST', problem)
  return policy
}
