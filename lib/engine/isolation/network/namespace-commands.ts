/**
 * The commands of iproute2 that put a policy in force in a sandbox's network namespace. Pure.
 *
 * Two mechanisms of the kernel, one beside the other. Routes give programs the usual errors. They are not enough: a
 * socket that is bound to an interface, or sends to a multicast group, leaves by that interface although there is no
 * route. Policies of the IPsec layer (`ip xfrm policy`, here without any IPsec) are looked up for every packet that a
 * socket sends, after its route whatever that was; what they block fails at once with EPERM. The loopback interface is
 * exempt from those of IPv4. Changing either needs CAP_NET_ADMIN in the user namespace that owns the network namespace, which is
 * the one around the sandbox's; reading the IPsec layer needs it, too.
 */
import type { PolicyRules } from './policy-rules'

/** The network between the sandbox and slirp4netns: its own defaults. */
export const link = {
  device: 'tap0',
  mtu: 65_520,
  network: '10.0.2.0/24',
  address: '10.0.2.100',
  gateway: '10.0.2.2',
  /** Answers DNS questions by asking the name servers of the host. */
  resolver: '10.0.2.3',
} as const

/** Lower numbers are looked at first. */
const priority = { resolver: 10, link: 20, excepted: 30, refused: 40 } as const

/** For a namespace without a network: programs in it still talk to each other over its loopback. */
export const loopbackOnly: readonly string[] = ['link set lo up']

/**
 * The input of `ip -batch`, which ends at the first command that fails. The interface exists and is down: it goes up only
 * when every rule is there, so nothing can be sent before.
 */
export function policyCommands({ routed, unreachable, refused, excepted }: PolicyRules): string[] {
  const { device, mtu, network, address, gateway, resolver } = link
  const policy = (selector: string, rank: number, action: 'allow' | 'block') =>
    `xfrm policy add dir out src 0.0.0.0/0 dst ${selector} priority ${rank} action ${action}`
  return [
    ...loopbackOnly,
    // What is left of an earlier policy. Routes through the device went with it.
    'xfrm policy flush',
    'route flush type unreachable',
    policy(`${resolver}/32 proto udp dport 53`, priority.resolver, 'allow'),
    policy(`${resolver}/32 proto tcp dport 53`, priority.resolver, 'allow'),
    policy(network, priority.link, 'block'),
    ...excepted.map((it) => policy(it, priority.excepted, 'allow')),
    ...refused.map((it) => policy(it, priority.refused, 'block')),
    // slirp4netns gives no IPv6, and the interface makes no address for it.
    `xfrm policy add dir out src ::/0 dst ::1/128 priority ${priority.excepted} action allow`,
    `xfrm policy add dir out src ::/0 dst ::/0 priority ${priority.refused} action block`,
    ...unreachable.map((it) => `route add unreachable ${it}`),
    `link set ${device} addrgenmode none mtu ${mtu}`,
    `address add ${address}/32 dev ${device}`,
    `link set ${device} up`,
    `route add ${resolver}/32 dev ${device}`,
    ...routed.map((it) => `route add ${it} via ${gateway} dev ${device} onlink`),
  ]
}
