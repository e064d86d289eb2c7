import { describe, expect, it } from 'vitest'
import { parseFilter } from './field-filter'
import { parseLine } from './parse-line'

const fieldsOf = (text: string) => Object.fromEntries(parseLine(text).fields)

describe('parseLine', () => {
  it('unfolds JSON objects, nested ones by path', () => {
    const line = parseLine('{"level":"warn","msg":"slow","request":{"method":"GET","ms":120},"tags":["a"],"ok":true}')
    expect(line).toMatchObject({ format: 'json', level: 'warn', message: 'slow' })
    expect(Object.fromEntries(line.fields)).toEqual({
      level: 'warn',
      msg: 'slow',
      'request.method': 'GET',
      'request.ms': '120',
      tags: '["a"]',
      ok: 'true',
    })
  })

  it('knows the numeric levels of pino and bunyan', () => {
    expect(parseLine('{"level":30,"msg":"hi"}').level).toBe('info')
    expect(parseLine('{"level":60,"msg":"hi"}').level).toBe('fatal')
    expect(parseLine('{"level":35,"msg":"hi"}').level).toBeNull()
  })

  it('reads logfmt with quotes, and not prose that contains a pair', () => {
    expect(fieldsOf('level=error msg="disk \\"a\\" full" path=/var free=0 empty=')).toEqual({
      level: 'error',
      msg: 'disk "a" full',
      path: '/var',
      free: '0',
      empty: '',
    })
    expect(parseLine('time=12:00 level=info msg=started').message).toBe('started')
    expect(parseLine('we set x=1 and y=2 in the configuration file').format).toBe('plain')
    expect(parseLine('x=1').format).toBe('plain')
  })

  it('leaves everything else as it is', () => {
    for (const text of ['', '{', '{}', '[1,2]', '{"a":', 'hello', '"text"'])
      expect(parseLine(text)).toMatchObject({ format: 'plain', message: text, fields: new Map() })
  })

  it('finds the level of plain lines, and no level in sentences', () => {
    const levels = {
      '2026-01-02 10:00:00 ERROR cannot open': 'error',
      '[warn] Duplicate key': 'warn',
      'warn - Duplicate key': 'warn',
      'error: no such file': 'error',
      'INFO:root:started': 'info',
      'no errors were found': null,
      'Information about the error handler': null,
      'this is an error in a sentence': null,
    }
    for (const [text, level] of Object.entries(levels)) expect([text, parseLine(text).level]).toEqual([text, level])
  })

  it('reads long hostile lines once from left to right, which quadratic work would turn into a timeout', () => {
    const hostile = ['a='.repeat(30_000), 'a="'.repeat(20_000), '{'.repeat(60_000), `a="${'\\'.repeat(60_000)}`]
    for (const text of hostile) expect(parseLine(text).message).toBe(text)
  })
})

describe('parseFilter', () => {
  const text = '{"level":"error","msg":"GET failed","status":503,"path":"/api/users"}'
  const matches = (filter: string, line = text) => parseFilter(filter)(parseLine(line), line)

  it('compares fields, levels by severity, and numbers as numbers', () => {
    expect(
      ['', 'status=503', 'status=5*', 'status>=500', 'status<504', 'level>=warn', 'level=error', 'path!=/health'].map(
        (one) => matches(one),
      ),
    ).toEqual(Array(8).fill(true))
    expect(
      ['status=50', 'status>503', 'level<error', 'missing=1', 'path>1', 'level=info'].map((one) => matches(one)),
    ).toEqual(Array(6).fill(false))
    expect(matches('missing!=1')).toBe(true)
    expect(matches('level>=warn', 'WARNING disk is full')).toBe(true)
    expect(matches('level>=warn', 'hello')).toBe(false)
  })

  it('requires all terms, and finds words anywhere in the line', () => {
    expect(matches('status=503 users')).toBe(true)
    expect(matches('status=503 orders')).toBe(false)
    expect(matches('msg="get failed"')).toBe(true)
    expect(matches('"GET failed"')).toBe(true)
  })
})
