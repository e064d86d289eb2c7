import { describe, expect, test } from 'vitest'
import { creditStep, creditWindow } from '../protocol'
import { JournalBook, type Received } from './journal-book'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (received: Received) =>
  received.kind === 'take' ? new TextDecoder().decode(received.payload) : received.kind

describe('offsets', () => {
  test('frames in order are taken whole', () => {
    const book = new JournalBook(0)
    expect(text(book.receive(0, bytes('abc')))).toBe('abc')
    expect(text(book.receive(3, bytes('def')))).toBe('def')
    expect(book.next).toBe(6)
  })

  test('after a reconnect the overlap is cut by offset', () => {
    const book = new JournalBook(0)
    book.receive(0, bytes('aaaa'))
    expect(book.receive(2, bytes('aaXY'))).toMatchObject({ kind: 'take', offset: 4, missing: 0 })
    expect(book.next).toBe(6)
    expect(book.receive(0, bytes('aaaaXY'))).toEqual({ kind: 'known' })
  })

  test('a frame behind the wanted byte asks again once, then is believed and counted', () => {
    const book = new JournalBook(10)
    expect(book.receive(20, bytes('later'))).toEqual({ kind: 'gap' })
    expect(book.next).toBe(10)
    expect(book.receive(20, bytes('later'))).toMatchObject({ kind: 'take', offset: 20, missing: 10 })
    expect(book.next).toBe(25)
  })

  test('a gap that is filled by the second answer loses nothing', () => {
    const book = new JournalBook(0)
    expect(book.receive(3, bytes('def'))).toEqual({ kind: 'gap' })
    expect(text(book.receive(0, bytes('abc')))).toBe('abc')
    expect(text(book.receive(3, bytes('def')))).toBe('def')
  })

  test('any cutting of the stream with any repeats gives back the same bytes', () => {
    const whole = bytes(Array.from({ length: 500 }, (_, index) => `line ${index}\n`).join(''))
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
      return seed % below
    }
    const book = new JournalBook(0)
    const got: number[] = []
    while (book.next < whole.length) {
      // A broken connection: the server begins again somewhere at or before the wanted byte.
      let at = Math.max(0, book.next - random(40))
      for (let frames = 1 + random(6); frames > 0 && at < whole.length; frames -= 1) {
        const end = Math.min(whole.length, at + 1 + random(64))
        const received = book.receive(at, whole.subarray(at, end))
        if (received.kind === 'take') got.push(...received.payload)
        at = end
      }
    }
    expect(Uint8Array.from(got)).toEqual(whole)
  })
})

describe('credit', () => {
  test('is granted again in steps, when bytes were parsed', () => {
    const book = new JournalBook(0)
    expect(book.openingCredit()).toBe(creditWindow)
    book.receive(0, new Uint8Array(creditStep + 10))
    expect(book.takeGrant()).toBe(0)
    book.parsed(creditStep - 1)
    expect(book.takeGrant()).toBe(0)
    book.parsed(11)
    expect(book.takeGrant()).toBe(creditStep + 10)
    expect(book.takeGrant()).toBe(0)
  })

  test('bytes that were dropped as known cost nothing', () => {
    const book = new JournalBook(creditStep)
    book.receive(0, new Uint8Array(creditStep))
    expect(book.takeGrant()).toBe(creditStep)
  })

  test('a reconnect gives what is left of the window, and parsing the rest fills it up', () => {
    const book = new JournalBook(0)
    book.openingCredit()
    book.receive(0, new Uint8Array(creditStep * 2))
    expect(book.openingCredit()).toBe(creditWindow - creditStep * 2)
    book.parsed(creditStep * 2)
    expect(book.takeGrant()).toBe(creditStep * 2)
  })
})
