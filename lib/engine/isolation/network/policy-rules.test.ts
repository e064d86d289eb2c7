import { describe, expect, test } from 'vitest'
import { contains, type NetworkPolicy, parseNetwork } from '@/lib/process-api/network-policy'
import { hostNetworksOf } from './host-networks'
import { policyCommands } from './namespace-commands'
import { type PolicyRules, rulesOf } from './policy-rules'

/** A machine with a private and a public network, a container bridge, a full-tunnel VPN, and an address pool. */
const routes = [
  { dst: 'default', gateway: '192.168.1.1', dev: 'eth0' },
  { dst: '0.0.0.0/1', dev: 'tun0', scope: 'link' },
  { dst: '192.168.1.0/24', dev: 'eth0', scope: 'link', prefsrc: '192.168.1.7' },
  { dst: '203.0.113.64/26', dev: 'eth1', scope: 'link', prefsrc: '203.0.113.70' },
  { dst: '203.0.113.128/25', gateway: '203.0.113.65', dev: 'eth1' },
  { dst: '203.0.113.32/27', via: { family: 'inet6', host: 'fe80::1' }, dev: 'eth1' },
  { dst: '198.51.100.9', dev: 'cali1', scope: 'link' },
  { dst: '198.51.100.16/28', nexthops: [{ dev: 'a' }, { dev: 'b' }] },
  {
    dst: '198.51.100.32/28',
    nexthops: [
      { gateway: '192.168.1.2', dev: 'a' },
      { gateway: '192.168.1.3', dev: 'b' },
    ],
  },
  { type: 'local', dst: '203.0.113.70', dev: 'eth1', table: 'local' },
  { type: 'local', dst: '198.51.100.64/27', dev: 'lo', table: 'local' },
  { type: 'local', dst: '127.0.0.0/8', dev: 'lo', table: 'local' },
  { type: 'broadcast', dst: '203.0.113.127', dev: 'eth1', table: 'local' },
  { type: 'unreachable', dst: '198.51.100.128/25' },
]
const host = hostNetworksOf(JSON.stringify(routes))
const policy = (kind: NetworkPolicy['kind'], allowList: string[] = []): NetworkPolicy => ({ kind, allowList })

/** Evaluates the rules for an address; exceptions take precedence over refusals. */
function allows({ excepted, refused }: PolicyRules, address: string): boolean {
  const within = (networks: readonly string[]) => {
    const single = parseNetwork(`${address}/32`)
    return networks.some((text) => {
      const network = parseNetwork(text)
      return network !== null && single !== null && contains(network, single)
    })
  }
  return within(excepted) || !within(refused)
}

describe('the internet', () => {
  const rules = rulesOf(policy('internet'), host)

  test.each([
    '0.0.0.0',
    '0.1.2.3',
    '10.0.0.1',
    '10.0.2.2',
    '10.255.255.255',
    '100.64.0.1',
    '100.100.100.200',
    '100.127.255.255',
    '127.0.0.1',
    '127.255.255.254',
    '168.63.129.16',
    '169.254.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.192',
    '192.88.99.1',
    '192.168.1.7',
    '198.18.0.1',
    '198.19.255.255',
    '224.0.0.251',
    '239.255.255.250',
    '240.0.0.1',
    '255.255.255.255',
  ])('%s is not included', (address) => expect(allows(rules, address)).toBe(false))

  test.each([
    ['an own address', '203.0.113.70'],
    ['a neighbour', '203.0.113.99'],
    ['the broadcast address of a connected network', '203.0.113.127'],
    ['a container', '198.51.100.9'],
    ['a network over two interfaces', '198.51.100.20'],
    ['an address of the pool', '198.51.100.95'],
  ])('%s of this machine is not included: %s', (_what, address) => expect(allows(rules, address)).toBe(false))

  test.each([
    ['documentation', '192.0.2.1'],
    ['documentation', '198.51.100.1'],
    ['documentation', '203.0.113.1'],
    ['behind a gateway', '203.0.113.129'],
    ['behind a gateway with IPv6', '203.0.113.33'],
    ['behind two gateways', '198.51.100.33'],
    ['unreachable here today', '198.51.100.129'],
    ['beside a private network', '9.255.255.255'],
    ['beside a private network', '11.0.0.0'],
    ['beside a private network', '172.15.255.255'],
    ['beside a private network', '172.32.0.0'],
    ['beside a private network', '192.167.255.255'],
    ['beside the shared address space', '100.63.255.255'],
    ['beside the shared address space', '100.128.0.0'],
    ['beside the link-local network', '169.253.255.255'],
    ['globally reachable by the registry', '192.31.196.1'],
    ['beside multicast', '223.255.255.255'],
  ])('%s is included: %s', (_what, address) => expect(allows(rules, address)).toBe(true))

  test('routes, which are readable inside, do not reveal networks of this machine', () => {
    expect(rules.unreachable.join()).not.toMatch(/203\.0\.113|198\.51\.100|192\.168\.1\./)
    expect(rules.refused.filter((network) => !rules.unreachable.includes(network))).toEqual([
      '203.0.113.64/26',
      '198.51.100.64/27',
      '198.51.100.16/28',
      '198.51.100.9/32',
    ])
  })
})

test('none, all, and an allow list, which is taken literally', () => {
  const addresses = ['203.0.113.70', '10.0.0.1', '169.254.169.254', '192.0.2.1']
  const allowed = (rules: PolicyRules) => addresses.filter((address) => allows(rules, address))
  expect(allowed(rulesOf(policy('none'), host))).toEqual([])
  expect(rulesOf(policy('none'), host).routed).toEqual([])
  expect(allowed(rulesOf(policy('all'), host))).toEqual(addresses)
  expect(allowed(rulesOf(policy('allow-list', ['10.0.0.0/8', '10.1.0.0/16', '192.0.2.1/32']), host))).toEqual([
    '10.0.0.1',
    '192.0.2.1',
  ])
  expect(rulesOf(policy('allow-list', ['10.1.0.0/16', '10.0.0.0/8']), host).routed).toEqual(['10.0.0.0/8'])
  expect(allowed(rulesOf(policy('allow-list', ['0.0.0.0/0']), host))).toEqual(addresses)
})

test('unparseable routes are an error, not an empty list', () => {
  expect(() => hostNetworksOf('[{"dev":"eth0"}]')).toThrow(/could not be parsed/)
  expect(() => hostNetworksOf('[{"dst":"2001:db8::1","dev":"eth0"}]')).toThrow(/2001:db8::1 .* could not be parsed/)
  expect(() => hostNetworksOf('')).toThrow()
  expect(hostNetworksOf('[]')).toEqual([])
})

describe('policy commands', () => {
  test.each(['none', 'internet', 'all', 'allow-list'] as const)(
    'of "%s" bring the interface up after all rules and before the routes',
    (kind) => {
      const commands = policyCommands(rulesOf(policy(kind, ['203.0.113.0/24']), host))
      const up = commands.indexOf('link set tap0 up')
      const last = (start: string) => commands.findLastIndex((command) => command.startsWith(start))
      expect(up).toBeGreaterThan(last('xfrm policy add'))
      expect(up).toBeGreaterThan(last('route add unreachable'))
      expect(commands.findIndex((command) => / via 10\.0\.2\.2 /.test(command)) === -1).toBe(kind === 'none')
      expect(commands.filter((command) => / via /.test(command)).every((it) => commands.indexOf(it) > up)).toBe(true)
    },
  )

  test('allow only the resolver in the network between sandbox and helper, whatever the policy', () => {
    for (const kind of ['internet', 'all', 'allow-list'] as const) {
      const commands = policyCommands(rulesOf(policy(kind, ['10.0.0.0/8']), host))
      const ranked = commands.flatMap((command) => {
        const [, selector, rank, action] = /src 0\.0\.0\.0\/0 dst (.*) priority (\d+) action (\w+)/.exec(command) ?? []
        return rank === undefined ? [] : [{ selector, rank: Number(rank), action }]
      })
      const first = ranked.sort((a, b) => a.rank - b.rank).slice(0, 3)
      expect(first.map(({ selector, action }) => `${action} ${selector}`)).toEqual([
        'allow 10.0.2.3/32 proto udp dport 53',
        'allow 10.0.2.3/32 proto tcp dport 53',
        'block 10.0.2.0/24',
      ])
      expect(commands).toContain('xfrm policy add dir out src ::/0 dst ::/0 priority 40 action block')
    }
  })
})
