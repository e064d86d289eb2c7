import { describe, expect, it } from 'vitest'
import { Timeline } from './timeline'

const span = (offset: number, length: number, ms: number, stream: 'stdout' | 'stderr' = 'stdout') => ({
  offset,
  length,
  stream,
  sinceStartUs: ms * 1000,
})

describe('a timeline', () => {
  it('of nothing is empty', () => {
    expect(new Timeline().finish(0)).toEqual({ durationMs: 0, slotMs: 1, slots: [] })
  })

  it('counts bytes and those of stderr in the slot of their time, and knows where each slot begins', () => {
    const timeline = new Timeline(8)
    timeline.add(span(0, 10, 0))
    timeline.add(span(10, 5, 0.5, 'stderr'))
    timeline.add(span(15, 1, 3))
    expect(timeline.finish(16)).toEqual({
      durationMs: 3,
      slotMs: 1,
      slots: [
        [0, 15, 5],
        [15, 0, 0],
        [15, 0, 0],
        [15, 1, 0],
      ],
    })
  })

  it('joins slots when the output lasts longer', () => {
    const timeline = new Timeline(4)
    for (let ms = 0; ms < 15; ms += 1) timeline.add(span(ms * 2, 2, ms, ms === 9 ? 'stderr' : 'stdout'))
    expect(timeline.finish(30)).toEqual({
      durationMs: 14,
      slotMs: 4,
      slots: [
        [0, 8, 0],
        [8, 8, 0],
        [16, 8, 2],
        [24, 6, 0],
      ],
    })
  })

  it('never runs backwards', () => {
    const timeline = new Timeline(4)
    timeline.add(span(0, 1, 2))
    timeline.add(span(1, 1, 1))
    expect(timeline.finish(2).slots).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [0, 2, 0],
    ])
  })
})
