import { expect, it } from 'vitest'
import { SocketCeilings } from './socket-ceilings'

const ceilings = { total: 5, perHolder: 2, perAddress: 3 }

function taken(places: SocketCeilings, holder: string, address: string) {
  const place = places.take(holder, address)
  if (!('release' in place)) throw new Error(`refused: ${place.reached}`)
  return place
}

it('keeps one holder and one address from taking all, and counts what is given back once', () => {
  const places = new SocketCeilings(ceilings)
  const first = taken(places, 'a', '10.0.0.1')
  taken(places, 'a', '10.0.0.2')
  expect(places.take('a', '10.0.0.3')).toEqual({ reached: 'perHolder', limit: 2 })
  taken(places, 'b', '10.0.0.1')
  taken(places, 'c', '10.0.0.1')
  expect(places.take('d', '10.0.0.1')).toEqual({ reached: 'perAddress', limit: 3 })
  taken(places, 'd', '10.0.0.4')
  expect(places.take('e', '10.0.0.5')).toEqual({ reached: 'total', limit: 5 })
  first.release()
  first.release()
  taken(places, 'e', '10.0.0.5')
  expect(places.take('f', '10.0.0.6')).toEqual({ reached: 'total', limit: 5 })
})

it('takes a /64 of IPv6 for one address', () => {
  const places = new SocketCeilings(ceilings)
  for (const [holder, address] of [
    ['a', '2001:db8:0:1::1'],
    ['b', '2001:db8::1:2:3:4:5'],
    ['c', '2001:0db8:0000:0001:ffff:ffff:ffff:ffff'],
  ] as const) {
    taken(places, holder, address)
  }
  expect(places.take('d', '2001:db8:0:1:a::')).toMatchObject({ reached: 'perAddress' })
  taken(places, 'd', '2001:db8:0:2::1')
})
