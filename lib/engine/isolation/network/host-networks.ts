/** The IPv4 networks of this machine: its own addresses, and those reachable without a gateway. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { z } from 'zod'
import { type Network, parseNetwork } from '@/lib/process-api/network-policy'

const run = promisify(execFile)

const timeoutMs = 5_000
/** A wider route without a gateway is the default route of a point-to-point link, not a local network. */
const widestPrefix = 8

const hopSchema = z.object({ gateway: z.string().optional(), via: z.unknown().optional() })
const routesSchema = z.array(
  hopSchema.extend({
    type: z.string().default('unicast'),
    dst: z.string(),
    nexthops: z.array(hopSchema).default([]),
  }),
)

type Route = z.infer<typeof routesSchema>[number]

/**
 * Read the networks from the kernel's routing tables.
 * @param ip the iproute2 program
 */
export async function readHostNetworks(ip: string): Promise<Network[]> {
  const { stdout } = await run(ip, ['-json', '-4', 'route', 'show', 'table', 'all'], {
    timeout: timeoutMs,
    maxBuffer: 1 << 26,
  })
  return hostNetworksOf(stdout)
}

/** Parse the JSON output of `ip`. Throws when it is not understood, because then local networks would be unknown. */
export function hostNetworksOf(json: string): Network[] {
  const parsed = routesSchema.safeParse(JSON.parse(json))
  if (!parsed.success) throw new Error('the routing table that "ip" printed could not be parsed')
  return parsed.data.filter(isLocal).flatMap(({ dst }) => {
    const network = parseNetwork(dst.includes('/') ? dst : `${dst}/32`)
    if (!network) throw new Error(`the route to ${dst} in the routing table of this machine could not be parsed`)
    return network.prefix >= widestPrefix ? [network] : []
  })
}

/** Whether a route is to one of the machine's own addresses, or to a network without a gateway. */
function isLocal({ type, dst, nexthops, ...single }: Route): boolean {
  if (dst === 'default') return false
  // `broadcast` addresses belong to networks that are listed as well.
  if (type !== 'unicast') return type === 'local'
  const hops = nexthops.length > 0 ? nexthops : [single]
  return hops.some(({ gateway, via }) => gateway === undefined && via === undefined)
}
