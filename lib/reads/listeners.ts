/** Reads the listening ports of a sandbox. */
import 'server-only'
import type { CallOptions, ProcessApiClient } from '@/lib/process-api/client'
import { portOperations } from '@/lib/process-api/operations/ports'
import type { PortListener } from '@/lib/process-api/ports'
import { capabilitiesOf } from '@/lib/targets/capability-cache'

/** On a target without the extension, only the port numbers are known. */
export async function readListeners(
  { target, client, sandboxId }: { target: string; client: ProcessApiClient; sandboxId: string },
  options: CallOptions,
): Promise<PortListener[]> {
  const capabilities = await capabilitiesOf(target, client, sandboxId)
  if (capabilities?.extensions.listeners !== undefined) {
    return (await client.call(portOperations.listListeners, { sandboxId }, options)).listeners
  }
  const { ports } = await client.call(portOperations.listPorts, { sandboxId }, options)
  return ports.map((port) => ({ port, addresses: [], process: null }))
}
