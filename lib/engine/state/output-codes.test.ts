import { randomBytes } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { OutputCoder, outputMatches } from './output-codes'

const key = randomBytes(16)
let folder: string

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sandglass-output-codes-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

async function matches(bytes: Uint8Array, codes: Parameters<typeof outputMatches>[2], with_ = key): Promise<boolean> {
  const file = path.join(folder, 'output')
  writeFileSync(file, bytes)
  const descriptor = openSync(file, 'r')
  try {
    return await outputMatches(with_, descriptor, codes)
  } finally {
    closeSync(descriptor)
  }
}

describe('codes of output', () => {
  test('are right however the output was split, across several blocks too', async () => {
    const bytes = randomBytes(700_001)
    const coder = new OutputCoder(key)
    for (let at = 0, step = 1; at < bytes.length; at += step, step = (step * 7 + 1) % 70_000) {
      coder.add(bytes.subarray(at, Math.min(at + step, bytes.length)))
      if (at < 300_000 && at + step >= 300_000) coder.finish()
    }
    const codes = coder.finish()
    expect(codes).toHaveLength(2)
    expect(codes.at(-1)?.to).toBe(bytes.length)
    expect(await matches(bytes, codes)).toBe(true)
    expect(await matches(bytes, codes, randomBytes(16))).toBe(false)
    expect(await matches(bytes.subarray(0, -1), codes)).toBe(false)
    for (const at of [0, 299_999, 300_000, 700_000]) {
      const changed = Buffer.from(bytes)
      changed[at] = (changed[at] ?? 0) ^ 128
      expect(await matches(changed, codes)).toBe(false)
    }
  })

  test('have a nonce each, and do not exist for empty output', async () => {
    const coder = new OutputCoder(key)
    expect(coder.finish()).toEqual([])
    coder.add(Buffer.from('a'))
    coder.finish()
    coder.add(Buffer.from('b'))
    const codes = coder.finish()
    expect(new Set(codes.map(({ nonce }) => nonce)).size).toBe(2)
    expect(coder.finish()).toEqual(codes)
    expect(await matches(Buffer.from('ab'), codes)).toBe(true)
    expect(await matches(Buffer.from('ab'), [...codes].reverse())).toBe(false)
    expect(await matches(Buffer.from('ab'), [{ to: 2, nonce: 'short', code: '' }])).toBe(false)
  })
})
