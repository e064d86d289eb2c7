import { expect, it } from 'vitest'
import { SocketLimits } from './socket-limits'

const values = { total: 5, perHolder: 2, perAddress: 3 }

function acquired(limits: SocketLimits, holder: string, address: string) {
  const slot = limits.acquire(holder, address)
  if (!('release' in slot)) throw new Error(`refused: ${slot.reached}`)
  return slot
}

it('limits one holder and one address, and counts a double release once', () => {
  const limits = new SocketLimits(values)
  const first = acquired(limits, 'a', '10.0.0.1')
  acquired(limits, 'a', '10.0.0.2')
  expect(limits.acquire('a', '10.0.0.3')).toEqual({ reached: 'perHolder', limit: 2 })
  acquired(limits, 'b', '10.0.0.1')
  acquired(limits, 'c', '10.0.0.1')
  expect(limits.acquire('d', '10.0.0.1')).toEqual({ reached: 'perAddress', limit: 3 })
  acquired(limits, 'd', '10.0.0.4')
  expect(limits.acquire('e', '10.0.0.5')).toEqual({ reached: 'total', limit: 5 })
  first.release()
  first.release()
  acquired(limits, 'e', '10.0.0.5')
  expect(limits.acquire('f', '10.0.0.6')).toEqual({ reached: 'total', limit: 5 })
})

it('treats a /64 of IPv6 as one address', () => {
  const limits = new SocketLimits(values)
  for (const [holder, address] of [
    ['a', '2001:db8:0:1::1'],
    ['b', '2001:db8::1:2:3:4:5'],
    ['c', '2001:0db8:0000:0001:ffff:ffff:ffff:ffff'],
  ] as const) {
    acquired(limits, holder, address)
  }
  expect(limits.acquire('d', '2001:db8:0:1:a::')).toMatchObject({ reached: 'perAddress' })
  acquired(limits, 'd', '2001:db8:0:2::1')
})
