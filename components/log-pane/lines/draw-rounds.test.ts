import { expect, it } from 'vitest'
import { DrawRounds } from './draw-rounds'

/** A clock whose frames are run by hand; each drawing takes `costMs`. */
function setUp(costMs: number) {
  let now = 0
  let pending: (() => void) | null = null
  const drawn: string[] = []
  const rounds = new DrawRounds(
    {
      now: () => now,
      nextFrame: (run) => {
        pending = run
      },
    },
    100,
  )
  const view = (name: string) => ({
    draw: () => {
      drawn.push(name)
      now += costMs
    },
  })
  const frame = () => {
    now += 16
    const run = pending
    pending = null
    run?.()
    return drawn.splice(0)
  }
  return { rounds, view, frame }
}

it('draws a view at most once per interval', () => {
  const { rounds, view, frame } = setUp(0)
  const a = view('a')
  rounds.request(a)
  expect(frame()).toEqual(['a'])
  rounds.request(a)
  expect(Array.from({ length: 6 }, frame).flat()).toEqual([])
  expect(frame()).toEqual(['a'])
  expect(frame()).toEqual([])
})

it('stops when a frame has used its time, and continues with the views that waited', () => {
  const { rounds, view, frame } = setUp(4)
  for (const name of ['a', 'b', 'c', 'd', 'e']) rounds.request(view(name))
  expect(frame()).toEqual(['a', 'b'])
  expect(frame()).toEqual(['c', 'd'])
  expect(frame()).toEqual(['e'])
})

it('does not draw a view that was cancelled', () => {
  const { rounds, view, frame } = setUp(0)
  const a = view('a')
  rounds.request(a)
  rounds.cancel(a)
  expect(frame()).toEqual([])
})
