/** Which extensions a target has. */
import type { CallOptions, ProcessApiClient } from './client'
import { ApiError } from './errors'
import type { Capabilities } from './extensions'
import { sandboxOperations } from './operations/sandboxes'
import { toolboxOperations } from './operations/toolbox'
import { TargetError } from './problem'

/** What the toolbox of a sandbox can do beyond the protocol; null for a target without this route. */
export async function readCapabilities(
  client: ProcessApiClient,
  sandboxId: string,
  options?: CallOptions,
): Promise<Capabilities | null> {
  try {
    return await client.call(toolboxOperations.getCapabilities, { sandboxId }, options)
  } catch (error) {
    if (error instanceof TargetError && error.code === 'TARGET_UNSUPPORTED') return null
    const isNotFound = error instanceof ApiError && error.code === 'NOT_FOUND'
    // Either the sandbox or the route does not exist. For the sandbox this call fails, too.
    if (!isNotFound) throw error
    await client.call(sandboxOperations.getSandbox, { id: sandboxId }, options)
    return null
  }
}
