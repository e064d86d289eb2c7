import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { isSignedFileRequest, requireFileSignature } from './file-signature'

const key = 'fsk_1'
const now = 1_800_000_000
const sign = (method: string, path: string, expires: string | number) =>
  `v1_${createHmac('sha256', key).update(`v1:files:${method}:${path}:${expires}`).digest('base64url')}`

function check(method: string, route: string, query: Record<string, string>, signingKey: string | null = key): string {
  try {
    requireFileSignature(method, route, new URLSearchParams(query), signingKey, now)
    return 'passes'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

describe('a signed link', () => {
  const path = '/home/daytona/a b+ü.txt'
  const download = { path, expires: String(now), signature: sign('GET', path, now) }
  const upload = { path, expires: '0', signature: sign('POST', path, 0) }

  test('is valid for its path, method and time; 0 never expires', () => {
    expect(check('GET', '/files/download', download)).toBe('passes')
    expect(check('HEAD', '/files/download', download)).toBe('passes')
    expect(check('POST', '/files/upload-v2', upload)).toBe('passes')
  })

  test.each<[string, string, string, Record<string, string>, string]>([
    ['another path', 'GET', '/files/download', { ...download, path: `${path}x` }, 'invalid signature'],
    ['another method', 'POST', '/files/upload-v2', download, 'invalid signature'],
    ['a later expiry', 'GET', '/files/download', { ...download, expires: String(now + 1) }, 'invalid signature'],
    ['no expiry', 'GET', '/files/download', { ...download, expires: '0' }, 'invalid signature'],
    [
      'an expiry in the past',
      'GET',
      '/files/download',
      { path, expires: String(now - 1), signature: sign('GET', path, now - 1) },
      'signature is expired',
    ],
    [
      'an expiry that is not a number',
      'GET',
      '/files/download',
      { path, expires: '-1', signature: sign('GET', path, '-1') },
      'expires query parameter is missing or invalid',
    ],
    [
      'another scheme',
      'GET',
      '/files/download',
      { ...download, signature: download.signature.replace('v1', 'v2') },
      'unsupported signature scheme',
    ],
  ])('is refused for %s', (_what, method, route, query, sentence) => {
    expect(check(method, route, query)).toBe(sentence)
  })

  test('is refused after its key has changed', () => {
    expect(check('GET', '/files/download', download, 'fsk_2')).toBe('invalid signature')
    expect(check('GET', '/files/download', download, null)).toBe('invalid signature')
  })
})

test('only the two routes for signed links accept a signature', () => {
  const query = new URLSearchParams({ signature: 'v1_x' })
  expect(isSignedFileRequest('GET', '/files/download', query)).toBe(true)
  expect(isSignedFileRequest('GET', '/files/download', new URLSearchParams())).toBe(false)
  for (const [method, path] of [
    ['POST', '/files/download'],
    ['GET', '/files/upload-v2'],
    ['POST', '/files/upload'],
    ['GET', '/files/download/'],
    ['DELETE', '/files'],
  ]) {
    expect(isSignedFileRequest(method, path ?? '', query)).toBe(false)
  }
})
