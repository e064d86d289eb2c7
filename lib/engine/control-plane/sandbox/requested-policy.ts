/** Compares the network policy in force with the requested one. */
import { isSamePolicy, type NetworkPolicy } from '@/lib/process-api/network-policy'
import type { IsolationReport } from '@/lib/process-api/sandbox'
import type { Isolation } from '../../isolation/isolation'

/** Adds a warning to the report when the policy in force differs from the requested one. */
export function withRequestedPolicy(
  report: IsolationReport,
  requested: NetworkPolicy,
  isolation: Pick<Isolation, 'cannotEnforce'>,
): IsolationReport {
  const inForce = report.networkPolicy ?? legacyPolicy(report)
  if (isSamePolicy(inForce, requested)) return { ...report, networkPolicy: inForce }
  const problem = isolation.cannotEnforce(requested)
  const message = problem ?? `The network policy "${requested.kind}" takes effect at the next start of this sandbox.`
  // The warnings of every sandbox already say when this machine cannot enforce the default.
  const isReported = problem !== null && requested.kind === 'internet'
  return {
    ...report,
    networkPolicy: { ...inForce, message },
    warnings: isReported ? report.warnings : [...report.warnings, message],
  }
}

/** Engines before network policies allowed everything or nothing. */
function legacyPolicy({ network }: IsolationReport): NetworkPolicy {
  return { kind: network === 'blocked' ? 'none' : 'all', allowList: [] }
}
