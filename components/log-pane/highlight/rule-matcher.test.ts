import { describe, expect, test } from 'vitest'
import type { HighlightRule } from './highlight-rules'
import { alternativesOf, patternOf, RuleMatcher } from './rule-matcher'

function rule(text: string, fields: Partial<HighlightRule> = {}): HighlightRule {
  return { id: text, text, caseSensitive: false, wholeWord: false, color: 'red', notify: false, ...fields }
}

function found(rules: HighlightRule[], text: string): string[] {
  return new RuleMatcher(rules).find(text).map(({ start, end, rule: { id } }) => `${id}:${text.slice(start, end)}`)
}

test('a rule has several texts, without empty and repeated ones', () => {
  expect(alternativesOf({ text: ' ERROR| FATAL ||error|ERROR' })).toEqual(['ERROR', 'FATAL', 'error'])
  expect(patternOf({ text: '|' })).toBeNull()
  expect(patternOf({ text: 'a|abc' })).toBe('abc|a')
})

describe('matches', () => {
  test('ignore case unless the rule minds it', () => {
    expect(found([rule('error')], 'Error ERROR')).toEqual(['error:Error', 'error:ERROR'])
    expect(found([rule('error', { caseSensitive: true })], 'Error error')).toEqual(['error:error'])
  })

  test('are whole words if the rule says so, in every script', () => {
    expect(found([rule('err', { wholeWord: true })], 'error err, err_1 (err)')).toEqual(['err:err', 'err:err'])
    expect(found([rule('é', { wholeWord: true })], 'été é')).toEqual(['é:é'])
  })

  test('treat everything else literally', () => {
    expect(found([rule('a.c(')], 'abc( a.c(')).toEqual(['a.c(:a.c('])
    expect(found([rule('[x]{2}^$\\d')], '[x]{2}^$\\d')).toHaveLength(1)
  })

  test('do not overlap: the first rule wins', () => {
    expect(found([rule('error code'), rule('code 5')], 'error code 5, code 5')).toEqual([
      'error code:error code',
      'code 5:code 5',
    ])
  })

  test('are found in time in a text that a backtracking expression would not finish', () => {
    expect(found([rule('(a+)+$')], 'a'.repeat(50_000))).toEqual([])
  })
})

test('rules without text match nothing', () => {
  const matcher = new RuleMatcher([rule(''), rule(' | ')])
  expect(matcher.isEmpty).toBe(true)
  expect(matcher.find('anything')).toEqual([])
})
