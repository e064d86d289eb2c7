import type { HostProcess } from '../host-process'
import type { Resources } from '../isolation'
import type { SandboxLimits } from './limits'

/**
 * Launch a sandbox within its limits, which are released when the launch fails.
 * @param resources null when not known yet
 */
export async function launchWithin<Launched extends { main: HostProcess }>(
  limits: SandboxLimits,
  resources: Resources | null,
  launch: () => Promise<Launched>,
): Promise<Launched> {
  try {
    if (resources) await limits.apply(resources, null)
    const launched = await launch()
    // Limits of single processes can only be set on a running one.
    if (resources && !limits.group) await limits.apply(resources, launched.main)
    return launched
  } catch (error) {
    await limits.close()
    throw error
  }
}
