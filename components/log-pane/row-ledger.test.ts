import { expect, test } from 'vitest'
import { RowLedger } from './row-ledger'

test('a line has a time, a continued row has none', () => {
  const ledger = new RowLedger(100)
  ledger.beginLine(0, 1000, 0, 0)
  ledger.beginLine(2, 2000, 300, 2)
  expect([0, 1, 2, 3].map((row) => ledger.wallMs(row))).toEqual([1000, null, 2000, null])
  expect(ledger.offset(2)).toBe(300)
})

test('a line without a time still has an offset', () => {
  const ledger = new RowLedger(100)
  ledger.beginLine(0, null, 42, 0)
  expect(ledger.wallMs(0)).toBeNull()
  expect(ledger.offset(0)).toBe(42)
  expect(ledger.isAwaiting(0)).toBe(false)
})

test('an empty row awaits its first byte', () => {
  const ledger = new RowLedger(100)
  ledger.beginLine(5, 1, 0, 5)
  ledger.awaitLine(5)
  expect(ledger.isAwaiting(5)).toBe(true)
  expect(ledger.isAwaiting(6)).toBe(true)
})

test('a slot that is reused has no data of its earlier row', () => {
  const ledger = new RowLedger(8)
  ledger.beginLine(1, 1000, 10, 1)
  ledger.markStderr(1, 1)
  ledger.markStderr(9, 9)
  expect(ledger.wallMs(1)).toBeNull()
  expect(ledger.isStderr(1)).toBe(false)
  expect(ledger.wallMs(9)).toBeNull()
  expect(ledger.isStderr(9)).toBe(true)
})

test('marking more rows than the ring holds keeps the newest', () => {
  const ledger = new RowLedger(8)
  ledger.markStderr(0, 1000)
  expect(ledger.isStderr(1000)).toBe(true)
  expect(ledger.isStderr(993)).toBe(true)
  expect(ledger.isStderr(10)).toBe(false)
})

test('lines can be moved to other rows after a reflow', () => {
  const ledger = new RowLedger(16)
  ledger.beginLine(0, 1000, 0, 0)
  ledger.beginLine(1, 2000, 50, 1)
  ledger.markStderr(1, 1)
  const entries = [ledger.lineEntry(0, 0), ledger.lineEntry(1, 1)]
  ledger.clear()
  ledger.restoreLine(0, 1, entries[0])
  ledger.restoreLine(2, 3, entries[1])
  expect([0, 1, 2, 3].map((row) => ledger.wallMs(row))).toEqual([1000, null, 2000, null])
  expect([0, 1, 2, 3].map((row) => ledger.isStderr(row))).toEqual([false, false, true, true])
})
