/**
 * The iproute2 commands that apply a policy in a sandbox's network namespace. Pure functions.
 *
 * The policy uses two mechanisms of the kernel. Routes give programs the usual errors, but they are not enough: a socket
 * that is bound to an interface, or sends to a multicast group, uses that interface even without a route. IPsec policies
 * (`ip xfrm policy`, here without any IPsec) are checked for every packet after routing; blocked packets fail at once with
 * EPERM. For IPv4, the loopback interface is exempt. Changing either mechanism needs CAP_NET_ADMIN in the user namespace
 * that owns the network namespace, which is outside the sandbox's; so does reading IPsec policies.
 */
import type { PolicyRules } from './policy-rules'

/** The network between the sandbox and slirp4netns, with its defaults. */
export const link = {
  device: 'tap0',
  mtu: 65_520,
  network: '10.0.2.0/24',
  address: '10.0.2.100',
  gateway: '10.0.2.2',
  /** Forwards DNS queries to the name servers of the host. */
  resolver: '10.0.2.3',
} as const

/** Lower numbers take precedence. */
const priority = { resolver: 10, link: 20, excepted: 30, refused: 40 } as const

/** For a namespace without network: programs in it can still use its loopback. */
export const loopbackOnly: readonly string[] = ['link set lo up']

/**
 * The input of `ip -batch`, which stops at the first failing command. The interface exists but is down; it goes up after
 * all rules are in place, so that nothing can be sent before.
 */
export function policyCommands({ routed, unreachable, refused, excepted }: PolicyRules): string[] {
  const { device, mtu, network, address, gateway, resolver } = link
  const policy = (selector: string, rank: number, action: 'allow' | 'block') =>
    `xfrm policy add dir out src 0.0.0.0/0 dst ${selector} priority ${rank} action ${action}`
  return [
    ...loopbackOnly,
    // Remove an earlier policy. Its routes through the device disappeared with the device.
    'xfrm policy flush',
    'route flush type unreachable',
    policy(`${resolver}/32 proto udp dport 53`, priority.resolver, 'allow'),
    policy(`${resolver}/32 proto tcp dport 53`, priority.resolver, 'allow'),
    policy(network, priority.link, 'block'),
    ...excepted.map((it) => policy(it, priority.excepted, 'allow')),
    ...refused.map((it) => policy(it, priority.refused, 'block')),
    // slirp4netns provides no IPv6, and the interface gets no IPv6 address.
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
