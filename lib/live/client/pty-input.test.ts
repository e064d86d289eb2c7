import { beforeEach, describe, expect, test } from 'vitest'
import { inputWindow, inputWindowBytes, maxInputBytes } from '../limits'
import { PtyInput } from './pty-input'

let input: PtyInput
let ids: number[]
let now: number

beforeEach(() => {
  ids = []
  now = 0
  input = new PtyInput(
    () => `writer ${ids.push(0)}`,
    () => now,
  )
})

function type(text: string): void {
  input.push(new TextEncoder().encode(text))
}

function takeAll(): string[] {
  const taken: string[] = []
  for (let batch = input.take(); batch; batch = input.take()) taken.push(`${batch.n} ${text(batch.data)}`)
  return taken
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

describe('typed input', () => {
  test('is sent in numbered batches, and joined while enough is on its way', () => {
    for (let keys = 1; keys <= inputWindow + 2; keys += 1) {
      type('k')
      expect(takeAll()).toHaveLength(keys <= inputWindow ? 1 : 0)
    }
    expect(input.acknowledged(inputWindow)).not.toBeNull()
    expect(takeAll()).toEqual([`${inputWindow + 1} kk`])
  })

  test('a long paste is split, and arrives whole', () => {
    const pasted = 'x'.repeat(maxInputBytes * 6 + 5)
    type(pasted)
    let received = ''
    for (let batch = input.take(); batch; batch = input.take()) {
      expect(batch.data.byteLength).toBeLessThanOrEqual(maxInputBytes)
      received += text(batch.data)
      input.acknowledged(batch.n)
    }
    expect(received).toBe(pasted)
    expect(input.bytes).toBe(0)
  })

  test('no more than the window is on its way', () => {
    type('x'.repeat(inputWindowBytes * 2))
    expect(takeAll()).toHaveLength(inputWindowBytes / maxInputBytes)
  })

  test('after a reconnect, only what the hub does not have is sent again', () => {
    for (const key of 'abc') {
      type(key)
      takeAll()
    }
    input.acknowledged(1)
    expect(input.resume(2)?.map(({ n, data }) => `${n} ${text(data)}`)).toEqual(['3 c'])
  })

  test('on a hub that does not know the writer, only what was never sent goes on', () => {
    type('a')
    takeAll()
    input.acknowledged(1)
    type('b')
    expect(input.resume(null)).toEqual([])
    expect(takeAll()).toEqual(['2 b'])
    expect(input.resume(null)).toBeNull()
  })

  test('what is given up is returned in order, and the next batch has a new writer', () => {
    type('a')
    takeAll()
    type('b')
    expect(text(input.fail())).toBe('ab')
    expect(input.writer).toBe('writer 2')
    type('c')
    expect(takeAll()).toEqual(['1 c'])
  })

  test('the round trip of the last batch is measured', () => {
    type('a')
    takeAll()
    now = 12
    expect(input.acknowledged(1)).toBe(12)
    expect(input.acknowledged(1)).toBeNull()
  })
})
