import { describe, expect, test } from 'vitest'
import { incompleteTail, Utf8Carry } from './utf8-carry'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (shown: Uint8Array) => new TextDecoder().decode(shown)

describe('incompleteTail', () => {
  test.each([
    [[0x61], 0],
    [[0xe2], 1],
    [[0xe2, 0x80], 2],
    [[0xe2, 0x80, 0x94], 0],
    [[0xf0, 0x9f, 0x91], 3],
    [[0xf0, 0x9f, 0x91, 0xa9], 0],
    [[0xc3], 1],
    [[0xc3, 0xa9], 0],
    [[0x80], 0],
    [[0xff], 0],
    [[0xc0], 0],
    [[], 0],
  ])('%j holds back %i', (given, held) => {
    expect(incompleteTail(Uint8Array.from(given))).toBe(held)
  })
})

describe('Utf8Carry', () => {
  test('a character that the other stream interrupts is complete on the screen', () => {
    const carry = new Utf8Carry()
    const dash = bytes('—')
    const shown = [
      text(carry.next('stdout', Uint8Array.from([...bytes('x '), ...dash.slice(0, 1)]))),
      text(carry.next('stderr', bytes('warning\n'))),
      text(carry.next('stdout', Uint8Array.from([...dash.slice(1), ...bytes(' y')]))),
    ]
    expect(shown).toEqual(['x ', 'warning\n', '— y'])
  })

  test('a text that is split anywhere is unchanged', () => {
    const whole = bytes('a—é👩‍👧漢\n')
    for (let cut = 0; cut <= whole.length; cut += 1) {
      const carry = new Utf8Carry()
      const first = carry.next('stdout', whole.subarray(0, cut))
      const second = carry.next('stdout', whole.subarray(cut))
      expect(text(first) + text(second)).toBe(text(whole))
    }
  })

  test('an incomplete character at the end is returned unchanged', () => {
    const carry = new Utf8Carry()
    carry.next('stderr', Uint8Array.from([0x61, 0xe2]))
    expect(Array.from(carry.end('stderr'))).toEqual([0xe2])
    expect(carry.end('stderr')).toHaveLength(0)
  })
})
