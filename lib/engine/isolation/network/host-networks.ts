/** The IPv4 networks that this machine is part of: its own addresses, and what it reaches without a gateway. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { z } from 'zod'
import { type Network, parseNetwork } from '@/lib/process-api/network-policy'

const run = promisify(execFile)

const timeoutMs = 5_000
/** A route without a gateway to more than this is the way out of a point-to-point link, not a local network. */
const widestPrefix = 8

const hopSchema = z.object({ gateway: z.string().optional(), via: z.unknown().optional() })
const routesSchema = z.array(
  hopSchema.extend({
    type: z.string().default('unicast'),
    dst: z.string(),
    nexthops: z.array(hopSchema).default([]),
  }),
)

/**
 * Read them from the kernel's routing tables.
 * @param ip the program of iproute2
 */
export async function readHostNetworks(ip: string): Promise<Network[]> {
  const { stdout } = await run(ip, ['-json', '-4', 'route', 'show', 'table', 'all'], {
    timeout: timeoutMs,
    maxBuffer: 1 << 26,
  })
  return hostNetworksOf(stdout)
}

/** The same from the JSON that `ip` prints. Throws when it cannot be understood: then nothing is known of this machine. */
export function hostNetworksOf(json: string): Network[] {
  const found: Network[] = []
  const read = routesSchema.safeParse(JSON.parse(json))
  if (!read.success) throw new Error('the routes of this machine cannot be read: "ip" prints them in an unknown form')
  for (const { type, dst, nexthops, ...single } of read.data) {
    // `local` are the machine's own addresses; `broadcast` is a part of a network that is listed as well.
    if (type !== 'local' && type !== 'unicast') continue
    const hops = nexthops.length > 0 ? nexthops : [single]
    if (type === 'unicast' && hops.every(({ gateway, via }) => gateway !== undefined || via !== undefined)) continue
    if (dst === 'default') continue
    const network = parseNetwork(dst.includes('/') ? dst : `${dst}/32`)
    if (!network) throw new Error(`the route to ${dst} of this machine cannot be read`)
    if (network.prefix >= widestPrefix) found.push(network)
  }
  return found
}
