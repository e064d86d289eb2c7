import { describe, expect, it } from 'vitest'
import type { CellPart } from '@/lib/live/cell-protocol'
import { applyParts, maxOutputs } from './cell-outputs'

const out = (text: string, stream: 'stdout' | 'stderr' = 'stdout'): CellPart => ({ kind: 'output', stream, text })

describe('outputs of a cell', () => {
  it('join consecutive output of one stream', () => {
    const outputs = applyParts([], [out('a'), out('b'), out('c', 'stderr'), out('d')])
    expect(outputs.map((it) => (it.kind === 'stream' ? `${it.stream} ${it.text.head}` : it.kind))).toEqual([
      'stdout ab',
      'stderr c',
      'stdout d',
    ])
  })

  it('show a prompt with its question, and the answer with both', () => {
    const asked = applyParts(
      [],
      [out('hello\nName? '), { kind: 'item', item: { kind: 'input', at: 12, prompt: 'Name? ', password: false } }],
    )
    expect(asked).toMatchObject([{ text: { head: 'hello\n' } }, { kind: 'input', prompt: 'Name? ' }])
    const answered = applyParts(asked, [{ kind: 'item', item: { kind: 'answer', at: 12, text: 'Ann' } }])
    expect(answered[1]).toMatchObject({ answer: 'Ann' })
  })

  it('stay few when a program shows values in an endless loop', () => {
    const shown: CellPart = {
      kind: 'item',
      item: { kind: 'display', at: 0, representations: { 'text/plain': 'x' }, omitted: {} },
    }
    expect(
      applyParts(
        [],
        Array.from({ length: 2_000 }, () => shown),
      ),
    ).toHaveLength(maxOutputs)
  })
})
