import { expect, test } from 'vitest'
import { splitSignedPath, withoutSignedPath } from './signed-path'

const token = 'a2'.repeat(26).concat('b')

test.each([
  ['/', null, '/'],
  ['/a?b', null, '/a?b'],
  [`/~${token}`, token, '/'],
  [`/~${token}/`, token, '/'],
  [`/~${token}?a=b`, token, '/?a=b'],
  [`/~${token}/a/~b?c=d`, token, '/a/~b?c=d'],
  [`/~${token}//a`, token, '//a'],
  [`/~${token}x`, null, `/~${token}x`],
  [`/~${token.toUpperCase()}/`, null, `/~${token.toUpperCase()}/`],
  [`/x/~${token}/`, null, `/x/~${token}/`],
])('%s has the token %s and the path %s', (path, expected, url) => {
  expect(splitSignedPath(path)).toEqual({ token: expected, prefix: expected === null ? '' : `/~${token}`, url })
})

test.each([
  [`http://127.93.4.17:3986/~${token}/page?a`, 'http://127.93.4.17:3986/page?a'],
  [`http://127.93.4.17:3986/~${token}`, 'http://127.93.4.17:3986'],
  [`http://other.example/~${token}/`, `http://other.example/~${token}/`],
])('the referer %s becomes %s', (referer, clean) => expect(withoutSignedPath(referer)).toBe(clean))
