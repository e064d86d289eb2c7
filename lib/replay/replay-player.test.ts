import { describe, expect, it } from 'vitest'
import type { Grid, ReplayCursor, ReplayEvent, ReplaySource } from './replay-event'
import { ReplayPlayer } from './replay-player'

/** A clock that stands still until the test moves it. Timers can be late, as those of a busy browser. */
class FakeClock {
  private ms = 0
  private timers: { at: number; callback: () => void }[] = []

  now = () => this.ms

  setTimer = (callback: () => void, ms: number) => {
    const timer = { at: this.ms + ms, callback }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter((one) => one !== timer)
    }
  }

  /** Run all timers that are due in this time, each `lateMs` after it was due. */
  async advance(ms: number, lateMs = 0): Promise<void> {
    const end = this.ms + ms
    await rest()
    for (;;) {
      const [next] = this.timers.sort((a, b) => a.at - b.at)
      if (!next || next.at > end) break
      this.timers.shift()
      this.ms = Math.max(this.ms, next.at + lateMs)
      next.callback()
      await rest()
    }
    this.ms = Math.max(this.ms, end)
  }
}

/** Lets all promises that wait for nothing else go on. */
const rest = () => new Promise((resolve) => setImmediate(resolve))

const out = (ms: number, data: string): ReplayEvent => ({ kind: 'output', ms, data, isStderr: false })

function world(events: readonly ReplayEvent[], options: { maxPauseMs?: number; batch?: number } = {}) {
  const clock = new FakeClock()
  const seen: { at: number; text: string }[] = []
  let text = ''
  let grid: Grid | null = null
  let opened = 0
  const screen = {
    reset(next: Grid | null) {
      text = ''
      grid = next
    },
    apply(event: ReplayEvent) {
      if (event.kind === 'resize') grid = event.grid
      if (event.kind !== 'output') return
      text += event.data
      seen.push({ at: clock.now(), text: String(event.data) })
    },
    settled: () => Promise.resolve(),
  }
  const source: ReplaySource = {
    durationMs: events.at(-1)?.ms ?? 0,
    open(): ReplayCursor {
      opened += 1
      let at = 0
      const size = options.batch ?? 2
      return {
        grid: { cols: 80, rows: 24 },
        skippedBytes: 0,
        isNear: () => true,
        next: () => {
          at += size
          return Promise.resolve(events.slice(at - size, at))
        },
      }
    },
  }
  const player = new ReplayPlayer(source, screen, clock, options)
  return { clock, player, seen, text: () => text, grid: () => grid, opened: () => opened }
}

describe('a replay', () => {
  const events = [out(0, 'a'), out(100, 'b'), out(250, 'c'), out(1000, 'd')]

  it('shows each event at its time', async () => {
    const { clock, player, seen } = world(events)
    player.play()
    await clock.advance(2000)
    expect(seen).toEqual([
      { at: 0, text: 'a' },
      { at: 100, text: 'b' },
      { at: 250, text: 'c' },
      { at: 1000, text: 'd' },
    ])
    expect(player.getState().phase).toBe('ended')
    expect(player.positionMs).toBe(1000)
  })

  it('is late by one timer at most: delays do not add up', async () => {
    const many = Array.from({ length: 1000 }, (_, index) => out(index * 10, 'x'))
    const { clock, player, seen } = world(many)
    player.play()
    await clock.advance(12_000, 7)
    expect(seen).toHaveLength(1000)
    for (const [index, { at }] of seen.entries()) {
      expect(at - index * 10).toBeGreaterThanOrEqual(0)
      expect(at - index * 10).toBeLessThanOrEqual(7)
    }
  })

  it('catches up after the browser held its timers back', async () => {
    const { clock, player, text } = world(events)
    player.play()
    await clock.advance(50)
    await clock.advance(50, 900)
    expect(text()).toBe('abcd')
  })

  it.each([
    [0.25, 4000],
    [2, 500],
    [64, 1000 / 64],
  ])('at %s× takes as much longer or shorter', async (speed, ms) => {
    const { clock, player, seen } = world(events)
    player.setSpeed(speed)
    player.play()
    await clock.advance(5000)
    expect(seen.at(-1)).toEqual({ at: ms, text: 'd' })
  })

  it('keeps its position when the speed changes', async () => {
    const { clock, player, seen } = world(events)
    player.play()
    await clock.advance(500)
    player.setSpeed(0.5)
    expect(player.positionMs).toBe(500)
    await clock.advance(2000)
    expect(seen.at(-1)).toEqual({ at: 1500, text: 'd' })
  })

  it('shortens pauses that are longer than the limit, and no others', async () => {
    const { clock, player, seen } = world(events, { maxPauseMs: 200 })
    player.play()
    await clock.advance(2000)
    expect(seen.map(({ at }) => at)).toEqual([0, 100, 250, 450])
  })

  it('stands still while paused', async () => {
    const { clock, player, text } = world(events)
    player.play()
    await clock.advance(150)
    player.pause()
    await clock.advance(5000)
    expect(text()).toBe('ab')
    expect(player.positionMs).toBe(150)
    player.play()
    await clock.advance(100)
    expect(text()).toBe('abc')
  })

  it.each([
    [0, 'a'],
    [99, 'a'],
    [100, 'ab'],
    [999, 'abc'],
    [5000, 'abcd'],
  ])('shows exactly what was printed up to %s ms after a seek, from either side', async (ms, expected) => {
    const { player, text } = world(events)
    await player.seek(ms)
    expect(text()).toBe(expected)
    await player.seek(1000)
    await player.seek(ms)
    expect(text()).toBe(expected)
    expect(player.getState().phase).toBe('paused')
  })

  it('does not read again what lies behind, when it goes forward', async () => {
    const { player, opened } = world(events)
    await player.seek(50)
    await player.seek(300)
    expect(opened()).toBe(1)
    await player.seek(200)
    expect(opened()).toBe(2)
  })

  it('goes on playing after a seek, and obeys the last of several', async () => {
    const { clock, player, seen, text } = world(events)
    player.play()
    await clock.advance(10)
    void player.seek(900)
    void player.seek(50)
    await player.seek(200)
    await clock.advance(50)
    expect(text()).toBe('abc')
    expect(seen.at(-1)).toEqual({ at: 60, text: 'c' })
  })

  it('changes the size at its time, and back', async () => {
    const { player, grid } = world([
      out(0, 'a'),
      { kind: 'resize', ms: 10, grid: { cols: 100, rows: 30 } },
      out(20, 'b'),
    ])
    await player.seek(15)
    expect(grid()).toEqual({ cols: 100, rows: 30 })
    await player.seek(5)
    expect(grid()).toEqual({ cols: 80, rows: 24 })
  })

  it('begins again when it is played after its end', async () => {
    const { clock, player, seen } = world(events)
    player.play()
    await clock.advance(1500)
    player.play()
    await clock.advance(1500)
    expect(seen.map(({ text }) => text).join('')).toBe('abcdabcd')
  })

  it('steps from event to event', async () => {
    const { player, text } = world(events)
    await player.seek(0)
    await player.step()
    expect(text()).toBe('ab')
    expect(player.positionMs).toBe(100)
  })
})

describe('a replay of what is still running', () => {
  it('continues with output that arrives later', async () => {
    const clock = new FakeClock()
    const events = [out(0, 'a'), out(100, 'b')]
    let text = ''
    let running = true
    let at = 0
    const source = {
      get durationMs() {
        return events.at(-1)?.ms ?? 0
      },
      open: () => ({
        grid: null,
        skippedBytes: 0,
        isNear: () => true,
        next: () => {
          const later = events.slice(at)
          at = events.length
          return Promise.resolve(later)
        },
      }),
      get refresh() {
        return running ? () => Promise.resolve(events.length > at) : undefined
      },
    } as ReplaySource
    const screen = {
      reset: () => {},
      apply: (event: ReplayEvent) => {
        if (event.kind === 'output') text += event.data
      },
      settled: () => Promise.resolve(),
    }
    const player = new ReplayPlayer(source, screen, clock)
    player.play()
    await clock.advance(1500)
    expect(text).toBe('ab')
    expect(player.getState().phase).toBe('playing')
    events.push(out(1800, 'c'))
    await clock.advance(2000)
    expect(text).toBe('abc')
    running = false
    await clock.advance(2000)
    expect(player.getState()).toMatchObject({ phase: 'ended', durationMs: 1800 })
  })
})
