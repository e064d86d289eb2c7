import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { drain } from './drain'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

function pipe() {
  let end: () => void = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  return {
    isEnded: false,
    ended,
    lastDataAt: performance.now(),
    end: () => end(),
    /** Unread bytes. */
    waiting: 0,
    readNow() {
      if (this.waiting > 0) this.lastDataAt = performance.now()
      this.waiting = 0
    },
  }
}

async function timeOf(drained: Promise<void>): Promise<number> {
  const startedAt = performance.now()
  let took = -1
  void drained.then(() => {
    took = performance.now() - startedAt
  })
  for (let ms = 0; ms < 1000 && took < 0; ms += 1) await vi.advanceTimersByTimeAsync(1)
  return took
}

test('does not wait for pipes that have ended', async () => {
  await drain([{ ...pipe(), isEnded: true }])
})

test('returns as soon as all pipes have ended', async () => {
  const one = pipe()
  const other = { ...pipe(), isEnded: true }
  setTimeout(one.end, 7)
  expect(await timeOf(drain([one, other]))).toBe(7)
})

test('gives up a pipe that another process holds after a short silence', async () => {
  expect(await timeOf(drain([pipe()]))).toBe(20)
})

test('reads what is in the pipe, even if the event loop has not read it yet', async () => {
  const held = { ...pipe(), waiting: 5 }
  const drained = drain([held])
  expect(held.waiting).toBe(0)
  await vi.advanceTimersByTimeAsync(19)
  held.waiting = 5
  expect(await timeOf(drained)).toBe(21)
  expect(held.waiting).toBe(0)
})

test('output extends the wait, up to the maximum', async () => {
  const held = pipe()
  const talk = setInterval(() => {
    held.lastDataAt = performance.now()
  }, 5)
  const few = setTimeout(() => clearInterval(talk), 52)
  const took = await timeOf(drain([held]))
  clearTimeout(few)
  clearInterval(talk)
  expect(took).toBeGreaterThanOrEqual(20)
  expect(took).toBeLessThanOrEqual(250)
})
