/** Telling apart the network policy that is in force from the one that was asked for. */
import { isSamePolicy, type NetworkPolicy } from '@/lib/process-api/network-policy'
import type { IsolationReport } from '@/lib/process-api/sandbox'
import type { Isolation } from '../../isolation/isolation'

/** The report with a sentence where another policy is in force than was asked for. */
export function withNetworkWish(
  report: IsolationReport,
  wanted: NetworkPolicy,
  isolation: Pick<Isolation, 'cannotEnforce'>,
): IsolationReport {
  const inForce = report.networkPolicy ?? before(report)
  if (isSamePolicy(inForce, wanted)) return { ...report, networkPolicy: inForce }
  const problem = isolation.cannotEnforce(wanted)
  const message = problem ?? `The network policy "${wanted.kind}" takes effect at the next start of this sandbox.`
  // That the default cannot be enforced on this machine is among the warnings of all its sandboxes.
  const known = problem !== null && wanted.kind === 'internet'
  return {
    ...report,
    networkPolicy: { ...inForce, message },
    warnings: known ? report.warnings : [...report.warnings, message],
  }
}

/** Engines before there were policies let everything through, or nothing. */
function before({ network }: IsolationReport): NetworkPolicy {
  return { kind: network === 'blocked' ? 'none' : 'all', allowList: [] }
}
