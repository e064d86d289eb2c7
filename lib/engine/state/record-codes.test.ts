import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { checkText, RecordCodes, signText } from './record-codes'

const key = randomBytes(32)
const codes = new RecordCodes(key, 'a')
const text = codes.sign('runs/executions.jsonl', '{"id":"1","exitCode":3}')

describe('the code of a record', () => {
  test('is right for the same sandbox, location and contents, and the record stays readable', () => {
    expect(JSON.parse(text)).toMatchObject({ id: '1', exitCode: 3 })
    const again = new RecordCodes(key, 'a').check('runs/executions.jsonl', text)
    expect(again).toEqual({ authenticity: 'authentic', body: '{"id":"1","exitCode":3}' })
  })

  test('is wrong after any bit changed', () => {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; at += 1) {
      for (const bit of [1, 2, 64]) {
        const changed = Buffer.from(bytes)
        changed[at] = (changed[at] ?? 0) ^ bit
        expect(codes.check('runs/executions.jsonl', changed.toString('latin1')).authenticity).not.toBe('authentic')
      }
    }
  })

  test('is wrong at another location, for another sandbox, and with another key', () => {
    expect(codes.check('sessions/1/commands/executions.jsonl', text).authenticity).toBe('forged')
    expect(new RecordCodes(key, 'b').check('runs/executions.jsonl', text).authenticity).toBe('forged')
    expect(new RecordCodes(randomBytes(32), 'a').check('runs/executions.jsonl', text).authenticity).toBe('forged')
  })

  test('that is missing, or cannot be checked, makes nothing authentic', () => {
    expect(codes.check('p', '{"a":1}')).toEqual({ authenticity: 'unsigned', body: '{"a":1}' })
    expect(checkText(null, 'runs/executions.jsonl', text).authenticity).toBe('unsigned')
    expect(signText(null, 'p', '{"a":1}')).toBe('{"a":1}')
  })
})
