import { describe, expect, test } from 'vitest'
import { ApiError } from './errors'
import {
  contains,
  defaultNetworkPolicy,
  formatNetwork,
  isSamePolicy,
  maxAllowedNetworks,
  type NetworkFields,
  parseNetwork,
  requestedNetworkPolicy,
} from './network-policy'

describe('the policy that a request asks for', () => {
  test.each<[string, NetworkFields, string | null, string[]]>([
    ['nothing', {}, null, []],
    [
      'empty values',
      { networkBlockAll: null, networkAllowList: '', domainAllowList: '', networkPolicy: null },
      null,
      [],
    ],
    ['commas alone', { networkAllowList: ' , ,' }, null, []],
    ['a block', { networkBlockAll: true }, 'none', []],
    ['no block', { networkBlockAll: false }, 'internet', []],
    ['none by name', { networkPolicy: 'none' }, 'none', []],
    ['none twice', { networkPolicy: 'none', networkBlockAll: true }, 'none', []],
    ['internet by name', { networkPolicy: 'internet', networkBlockAll: false }, 'internet', []],
    ['all', { networkPolicy: 'all' }, 'all', []],
    ['a list', { networkAllowList: '10.0.0.0/8, 203.0.113.7/32' }, 'allow-list', ['10.0.0.0/8', '203.0.113.7/32']],
    ['a list, no block', { networkAllowList: '0.0.0.0/0', networkBlockAll: false }, 'allow-list', ['0.0.0.0/0']],
    [
      'a list with addresses in the networks',
      { networkAllowList: '10.1.2.3/8,10.0.0.0/8' },
      'allow-list',
      ['10.0.0.0/8'],
    ],
  ])('%s', (_name, fields, kind, allowList) => {
    expect(requestedNetworkPolicy(fields)).toEqual(kind === null ? null : { kind, allowList })
  })

  const tooMany = Array.from({ length: maxAllowedNetworks + 1 }, (_, index) => `10.0.${index}.0/24`).join()
  test.each<[string, NetworkFields, RegExp]>([
    ['names', { domainAllowList: 'example.com' }, /^domainAllowList: names are not supported/],
    ['a block with a list', { networkBlockAll: true, networkAllowList: '10.0.0.0/8' }, /contradict/],
    ['a name with a list', { networkPolicy: 'all', networkAllowList: '10.0.0.0/8' }, /contradict/],
    ['a block with another name', { networkBlockAll: true, networkPolicy: 'internet' }, /contradict/],
    ['no block with none', { networkBlockAll: false, networkPolicy: 'none' }, /contradict/],
    ['too many networks', { networkAllowList: tooMany }, /^networkAllowList: 65 networks are too many, 64 are allowed/],
    ['an address', { networkAllowList: '10.0.0.1' }, /^networkAllowList: '10.0.0.1' has no prefix length/],
    [
      'an octet above 255',
      { networkAllowList: '10.0.0.256/24' },
      /^networkAllowList: '10.0.0.256\/24' is not an IPv4 network/,
    ],
    ['a prefix above 32', { networkAllowList: '10.0.0.0/33' }, /not an IPv4 network/],
    ['three octets', { networkAllowList: '10.0.0/8' }, /not an IPv4 network/],
    ['a leading zero', { networkAllowList: '010.0.0.0/8' }, /not an IPv4 network/],
    ['a sign', { networkAllowList: '10.0.0.0/-1' }, /not an IPv4 network/],
    ['a command', { networkAllowList: '10.0.0.0/8\nlink set tap0 up' }, /not an IPv4 network/],
    ['digits of another script', { networkAllowList: '１０.0.0.0/8' }, /not an IPv4 network/],
    ['IPv6', { networkAllowList: '2001:db8::/32' }, /is not IPv4, and sandboxes have no IPv6/],
    ['mapped IPv6', { networkAllowList: '::ffff:10.0.0.0/104' }, /is not IPv4/],
    ['a name', { networkAllowList: 'example.com' }, /^networkAllowList: 'example.com' is not an IPv4 network/],
  ])('%s is refused with the name of the field', (_name, fields, message) => {
    const ask = () => requestedNetworkPolicy(fields)
    expect(ask).toThrow(ApiError)
    expect(ask).toThrow(message)
  })
})

test('networks are read and written, and contain each other', () => {
  for (const text of ['0.0.0.0/0', '255.255.255.255/32', '128.0.0.0/1', '192.0.2.0/24', '240.0.0.0/4']) {
    const network = parseNetwork(text)
    expect(network && formatNetwork(network)).toBe(text)
  }
  const holds = (outer: string, inner: string) => {
    const [one, other] = [parseNetwork(outer), parseNetwork(inner)]
    return one !== null && other !== null && contains(one, other)
  }
  expect(holds('0.0.0.0/0', '255.255.255.255/32')).toBe(true)
  expect(holds('10.0.0.0/8', '10.255.255.255/32')).toBe(true)
  expect(holds('10.0.0.0/8', '11.0.0.0/32')).toBe(false)
  expect(holds('10.0.0.0/9', '10.0.0.0/8')).toBe(false)
  expect(holds('192.0.2.0/24', '192.0.2.0/24')).toBe(true)
})

test('a policy is the same only with the same list', () => {
  expect(isSamePolicy(defaultNetworkPolicy, { kind: 'internet', allowList: [] })).toBe(true)
  expect(isSamePolicy(defaultNetworkPolicy, { kind: 'all', allowList: [] })).toBe(false)
  const list = (allowList: string[]) => ({ kind: 'allow-list' as const, allowList })
  expect(isSamePolicy(list(['10.0.0.0/8']), list(['10.0.0.0/9']))).toBe(false)
})
