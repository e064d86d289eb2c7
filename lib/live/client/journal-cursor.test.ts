import { describe, expect, test } from 'vitest'
import { creditStep, creditWindow } from '../limits'
import { JournalCursor, type ReceivedFrame } from './journal-cursor'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (received: ReceivedFrame) =>
  received.kind === 'new' ? new TextDecoder().decode(received.data) : received.kind

describe('offsets', () => {
  test('frames in order are new', () => {
    const cursor = new JournalCursor(0)
    expect(text(cursor.receive(0, bytes('abc')))).toBe('abc')
    expect(text(cursor.receive(3, bytes('def')))).toBe('def')
    expect(cursor.next).toBe(6)
  })

  test('after a reconnect the overlap is cut by offset', () => {
    const cursor = new JournalCursor(0)
    cursor.receive(0, bytes('aaaa'))
    expect(cursor.receive(2, bytes('aaXY'))).toMatchObject({ kind: 'new', offset: 4, missing: 0 })
    expect(cursor.next).toBe(6)
    expect(cursor.receive(0, bytes('aaaaXY'))).toEqual({ kind: 'duplicate' })
  })

  test('a gap is requested again once, then accepted and counted', () => {
    const cursor = new JournalCursor(10)
    expect(cursor.receive(20, bytes('later'))).toEqual({ kind: 'gap' })
    expect(cursor.next).toBe(10)
    expect(cursor.receive(20, bytes('later'))).toMatchObject({ kind: 'new', offset: 20, missing: 10 })
    expect(cursor.next).toBe(25)
  })

  test('a gap that is filled by the second request loses nothing', () => {
    const cursor = new JournalCursor(0)
    expect(cursor.receive(3, bytes('def'))).toEqual({ kind: 'gap' })
    expect(text(cursor.receive(0, bytes('abc')))).toBe('abc')
    expect(text(cursor.receive(3, bytes('def')))).toBe('def')
  })

  test('any split of the stream with any repetitions yields the same bytes', () => {
    const whole = bytes(Array.from({ length: 500 }, (_, index) => `line ${index}\n`).join(''))
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return seed % below
    }
    const cursor = new JournalCursor(0)
    const got: number[] = []
    while (cursor.next < whole.length) {
      // A broken connection: the server continues somewhere at or before the expected offset.
      let at = Math.max(0, cursor.next - random(40))
      for (let frames = 1 + random(6); frames > 0 && at < whole.length; frames -= 1) {
        const end = Math.min(whole.length, at + 1 + random(64))
        const received = cursor.receive(at, whole.subarray(at, end))
        if (received.kind === 'new') got.push(...received.data)
        at = end
      }
    }
    expect(Uint8Array.from(got)).toEqual(whole)
  })
})

describe('credit', () => {
  test('is granted again in steps when bytes were parsed', () => {
    const cursor = new JournalCursor(0)
    expect(cursor.openingCredit()).toBe(creditWindow)
    cursor.receive(0, new Uint8Array(creditStep + 10))
    expect(cursor.takeGrant()).toBe(0)
    cursor.parsed(creditStep - 1)
    expect(cursor.takeGrant()).toBe(0)
    cursor.parsed(11)
    expect(cursor.takeGrant()).toBe(creditStep + 10)
    expect(cursor.takeGrant()).toBe(0)
  })

  test('duplicate bytes are granted again at once', () => {
    const cursor = new JournalCursor(creditStep)
    cursor.receive(0, new Uint8Array(creditStep))
    expect(cursor.takeGrant()).toBe(creditStep)
  })

  test('a reconnect grants the rest of the window, and parsing restores it', () => {
    const cursor = new JournalCursor(0)
    cursor.openingCredit()
    cursor.receive(0, new Uint8Array(creditStep * 2))
    expect(cursor.openingCredit()).toBe(creditWindow - creditStep * 2)
    cursor.parsed(creditStep * 2)
    expect(cursor.takeGrant()).toBe(creditStep * 2)
  })
})
