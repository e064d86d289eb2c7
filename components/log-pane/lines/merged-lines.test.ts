import { describe, expect, it } from 'vitest'
import { LineModel, type LineRow } from './line-model'
import { MergedLines } from './merged-lines'

const encoder = new TextEncoder()
const all = () => true

let nextId = 0
function row(wallMs: number | null, text: string, offset = nextId): LineRow {
  return { id: nextId++, offset, wallMs, stream: 'stdout', text, ended: true, version: 0 }
}

const texts = (lines: MergedLines, enabled: (source: number) => boolean = all) =>
  lines.covered(enabled).map((merged) => merged.row.text)

/** Complete sources that hold nothing back. */
function complete(sources: number, reorderMs = 0): MergedLines {
  const lines = new MergedLines(sources, reorderMs)
  for (let source = 0; source < sources; source += 1) lines.setRange(source, { hasStart: true, hasEnd: true })
  return lines
}

describe('MergedLines', () => {
  it('orders three writers by the stamps in their own lines, however their output arrives', () => {
    // A linear congruential generator, so that a failure can be repeated.
    let seed = 7
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed % below
    }
    const lines = complete(3, 250)
    const models = [0, 1, 2].map(() => new LineModel(100_000))
    const offsets = [0, 0, 0]
    const taken = [0, 0, 0]
    // One source delivers its lines in order, so a line waits for the ones before it.
    const arrivals = [0, 0, 0]
    const delayed = Array.from({ length: 3000 }, (_, index) => {
      const stamp = index + 1
      const source = random(3)
      const arrival = Math.max(arrivals[source] ?? 0, stamp + random(200))
      arrivals[source] = arrival
      return { arrival, source, text: `${stamp}\n`, wallMs: stamp }
    })
    for (let now = 0; now <= 4000; now += 50) {
      for (const source of [2, 0, 1]) {
        const model = models[source] as LineModel
        for (const { arrival, text, wallMs, source: owner } of delayed) {
          if (owner !== source || arrival <= now - 50 || arrival > now) continue
          const data = encoder.encode(text)
          model.push({ stream: 'stdout', offset: offsets[source] ?? 0, wallMs, data })
          offsets[source] = (offsets[source] ?? 0) + data.length
        }
        lines.append(source, model.rows.slice(taken[source]), now)
        taken[source] = model.rows.length
      }
      lines.release(now)
      // Already while it grows, what is shown is in order.
      const shown = texts(lines).map(Number)
      expect(shown).toEqual([...shown].sort((one, other) => one - other))
    }
    expect(texts(lines)).toEqual(Array.from({ length: 3000 }, (_, index) => String(index + 1)))
  })

  it('puts a row at its time that arrives later than it waits', () => {
    const lines = complete(2, 100)
    lines.append(0, [row(10, 'a'), row(30, 'c')], 0)
    expect(lines.release(99)).toBe(false)
    expect(lines.release(100)).toBe(true)
    lines.append(1, [row(20, 'b')], 500)
    lines.release(600)
    expect(texts(lines)).toEqual(['a', 'b', 'c'])
  })

  it('never changes the order within a source, and orders equal times by source', () => {
    const lines = complete(2)
    lines.append(1, [row(20, 'b1'), row(10, 'b2'), row(null, 'b3')], 0)
    lines.append(0, [row(20, 'a1')], 0)
    lines.release(0)
    expect(texts(lines)).toEqual(['a1', 'b1', 'b2', 'b3'])
  })

  it('shows only times that every source covers, and names the source that limits them', () => {
    const lines = new MergedLines(2, 0)
    lines.setRange(0, { hasStart: true, hasEnd: true })
    lines.setRange(1, { hasStart: false, hasEnd: true })
    lines.append(0, [row(10, 'a10'), row(50, 'a50')], 0)
    lines.append(1, [row(40, 'b40'), row(60, 'b60')], 0)
    lines.release(0)
    expect(texts(lines)).toEqual(['b40', 'a50', 'b60'])
    expect(lines.limiting('earlier', all)).toEqual([1])
    expect(texts(lines, (source) => source === 0)).toEqual(['a10', 'a50'])
    lines.prepend(1, [row(5, 'b5'), row(20, 'b20')])
    lines.setRange(1, { hasStart: true })
    expect(texts(lines)).toEqual(['b5', 'a10', 'b20', 'b40', 'a50', 'b60'])
    expect(lines.limiting('earlier', all)).toEqual([])
  })

  it('drops the oldest rows, and knows where each source continues', () => {
    const lines = complete(2)
    lines.append(1, [row(0, 'old', 0)], 0)
    lines.append(
      0,
      Array.from({ length: 200 }, (_, index) => row(index + 1, `${index}`, index)),
      0,
    )
    lines.release(0)
    expect(lines.trim(100)).toEqual(
      new Map([
        [1, null],
        [0, 100],
      ]),
    )
    expect(texts(lines)[0]).toBe('100')
    expect(lines.limiting('earlier', all)).toEqual([0, 1])
    expect(lines.trim(100).size).toBe(0)
  })

  it('shows a part in the middle up to where every source is loaded', () => {
    const lines = new MergedLines(2, 0)
    lines.append(0, [row(10, 'a10'), row(30, 'a30')], 0)
    lines.append(1, [row(15, 'b15'), row(50, 'b50')], 0)
    lines.release(0)
    expect(texts(lines)).toEqual(['b15', 'a30'])
    expect(lines.limiting('later', all)).toEqual([0])
  })
})
