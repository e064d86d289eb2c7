import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { ApiError } from '@/lib/process-api/errors'
import { createSessionRequestSchema } from '@/lib/process-api/process'
import { parseBody } from './body'

const rules = { name: 'CreateSessionRequest' }

function messageOf(body: string): string {
  try {
    parseBody(Buffer.from(body), createSessionRequestSchema, rules)
  } catch (error) {
    if (error instanceof ApiError) return error.wireMessage
    throw error
  }
  throw new Error('the body was accepted')
}

describe('a rejected body', () => {
  const required =
    "invalid body request: Key: 'CreateSessionRequest.SessionId' Error:Field validation for 'SessionId' failed on the 'required' tag"

  test.each([
    ['', 'invalid body request: EOF'],
    ['{}', required],
    ['null', required],
    ['{"sessionId":""}', required],
    ['{"sessionId":null}', required],
    ['[]', 'invalid body request: the body must be a JSON object'],
    ['"x"', 'invalid body request: the body must be a JSON object'],
  ])('%j: %s', (body, message) => {
    expect(messageOf(body)).toBe(message)
  })

  test('says what is wrong', () => {
    expect(messageOf('{"sessionId":1}')).toMatch(/^invalid body request: sessionId: /)
    expect(messageOf('{"sessionId":"a","envs":{"A":1}}')).toMatch(/^invalid body request: envs\.A: /)
    expect(messageOf('{')).toMatch(/^invalid body request: not valid JSON: /)
  })
})

describe('an accepted body', () => {
  const read = (body: string) => parseBody(Buffer.from(body), createSessionRequestSchema, rules)

  test('may spell its keys in any case; the exact key wins', () => {
    expect(read('{"SESSIONID":"a"}').sessionId).toBe('a')
    expect(read('{"SESSIONID":"a","sessionId":"b"}').sessionId).toBe('b')
    expect(read('{"sessionId":"b","SESSIONID":"a"}').sessionId).toBe('b')
  })

  test('may have unknown keys, which are ignored whatever their names', () => {
    expect(read('{"sessionId":"a","future":{},"__proto__":{"cwd":"x"},"constructor":1}')).toEqual({ sessionId: 'a' })
  })

  test('may have invalid UTF-8, which becomes U+FFFD', () => {
    const bytes = Buffer.concat([Buffer.from('{"x":"a'), Buffer.from([0xff]), Buffer.from('"}')])
    expect(parseBody(bytes, z.object({ x: z.string() }), { name: 'X' }).x).toBe('a\uFFFD')
  })
})
