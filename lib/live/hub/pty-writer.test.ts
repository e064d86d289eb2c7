import { beforeEach, describe, expect, test } from 'vitest'
import { inputWindow } from '../limits'
import { type PtyLine, PtyWriter } from './pty-writer'

/** A connection to a terminal that records what it was given, and confirms on request. */
class Line implements PtyLine {
  text = ''
  private asked = 0

  constructor(private readonly writer: PtyWriter) {}

  write(data: Uint8Array): void {
    this.text += Buffer.from(data).toString()
  }
  confirm(n: number): void {
    this.asked = n
  }
  confirmAll(): void {
    this.writer.confirmed(this, this.asked)
  }
}

let writer: PtyWriter
let acknowledged: number[]
let lost: number[]
const listener = { acknowledged: (n: number) => acknowledged.push(n), lost: (from: number) => lost.push(from) }

beforeEach(() => {
  writer = new PtyWriter()
  acknowledged = []
  lost = []
  writer.listen(listener)
})

function accept(...batches: [number, string][]): void {
  for (const [n, text] of batches) writer.accept(n, Buffer.from(text))
}

describe('input of a terminal', () => {
  test('is written once and in order, and acknowledged when the target has confirmed it', () => {
    const line = new Line(writer)
    writer.connected(line)
    accept([1, 'a'], [2, 'b'], [1, 'a'], [2, 'b'], [3, 'c'])
    expect(line.text).toBe('abc')
    expect(acknowledged).toEqual([])
    line.confirmAll()
    expect(acknowledged).toEqual([3])
    expect(writer.isIdle).toBe(true)
  })

  test('waits for a target that is away, and is then written', () => {
    accept([1, 'a'], [2, 'b'])
    const line = new Line(writer)
    writer.connected(line)
    expect(line.text).toBe('ab')
  })

  test('a batch that the tab sends again after a reconnect is acknowledged and not written again', () => {
    const line = new Line(writer)
    writer.connected(line)
    accept([1, 'a'])
    line.confirmAll()
    writer.listen(listener)
    accept([1, 'a'], [2, 'b'])
    expect(line.text).toBe('ab')
    expect(acknowledged).toEqual([1, 1])
  })

  test('an acknowledgement that the tab missed is repeated when the terminal is connected again', () => {
    const line = new Line(writer)
    writer.connected(line)
    writer.listen({ acknowledged: () => undefined, lost: () => undefined })
    accept([1, 'a'])
    line.confirmAll()
    writer.listen(listener)
    writer.connected(new Line(writer))
    expect(acknowledged).toEqual([1])
  })

  test('the next connection waits until the batches on the present one are confirmed', () => {
    const before = new Line(writer)
    writer.connected(before)
    accept([1, 'a'])
    const after = new Line(writer)
    writer.connected(after)
    accept([2, 'b'])
    expect([before.text, after.text]).toEqual(['a', ''])
    before.confirmAll()
    expect([before.text, after.text]).toEqual(['a', 'b'])
  })

  test('a lost connection reports what may not have arrived, and drops all that follows', () => {
    const line = new Line(writer)
    writer.connected(line)
    accept([1, 'a'])
    line.confirmAll()
    accept([2, 'b'], [3, 'c'])
    writer.disconnected(line)
    expect(lost).toEqual([2])
    const next = new Line(writer)
    writer.connected(next)
    accept([4, 'd'])
    expect(next.text).toBe('')
  })

  test('a loss while the tab is away is reported when it is back', () => {
    const line = new Line(writer)
    writer.connected(line)
    accept([1, 'a'])
    writer.listen({ acknowledged: () => undefined, lost: () => undefined })
    writer.disconnected(line)
    writer.listen(listener)
    expect(lost).toEqual([1])
  })

  test('a missing batch closes the writer instead of changing the order', () => {
    const line = new Line(writer)
    writer.connected(line)
    accept([1, 'a'], [3, 'c'], [2, 'b'])
    expect(line.text).toBe('a')
    expect(lost).toEqual([2])
  })

  test('a tab that sends without waiting for acknowledgements is not buffered endlessly', () => {
    for (let n = 1; n <= 1_000; n += 1) accept([n, 'a'])
    expect(lost).toEqual([inputWindow * 2 + 1])
  })

  test('a tab may start with any number on a hub that does not know it', () => {
    const line = new Line(writer)
    writer.connected(line)
    expect(writer.received).toBeNull()
    accept([7, 'a'], [8, 'b'])
    expect(line.text).toBe('ab')
    expect(writer.received).toBe(8)
  })

  test('whoever waits is called when everything is confirmed, and when it is lost', async () => {
    const line = new Line(writer)
    writer.connected(line)
    accept([1, 'a'])
    const confirmed = writer.whenIdle(60_000)
    line.confirmAll()
    await confirmed
    accept([2, 'b'])
    const ended = writer.whenIdle(60_000)
    writer.ended()
    await ended
    expect(lost).toEqual([])
  })
})
