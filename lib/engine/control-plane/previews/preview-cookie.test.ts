import { describe, expect, test } from 'vitest'
import {
  hasPreviewCookie,
  type PreviewCookieOptions,
  previewCookie,
  programCookie,
  withoutPreviewCookies,
} from './preview-cookie'

const options: PreviewCookieOptions = { key: 'k', preview: { port: 3000, label: 'box' }, secret: 'token' }
const now = 1_800_000_000
const line = previewCookie(options, now, false)
const pair = line.split(';')[0] ?? ''

describe('a preview cookie', () => {
  test('lasts an hour, is hidden from scripts, and is sent with links from other sites but not by their pages', () => {
    expect(line).toMatch(/^daytona-sandbox-auth-box=\S+; Path=\/; Max-Age=3600; HttpOnly; SameSite=Lax$/)
    expect(previewCookie(options, now, true)).toMatch(/; Secure$/)
  })

  test('is valid among other cookies until it expires', () => {
    expect(hasPreviewCookie(`a=b; ${pair}; c=d`, options, now + 3_599)).toBe(true)
    expect(hasPreviewCookie(pair, options, now + 3_600)).toBe(false)
  })

  test.each<[string, Partial<PreviewCookieOptions>]>([
    ['another port', { preview: { port: 3001, label: 'box' } }],
    ['another sandbox', { preview: { port: 3000, label: 'other' } }],
    ['another start of the sandbox', { secret: 'new token' }],
    ['another engine', { key: 'other' }],
  ])('is invalid for %s', (_what, change) => {
    const other = { ...options, ...change }
    const renamed = pair.replace('-box=', `-${other.preview.label}=`)
    expect(hasPreviewCookie(renamed, other, now)).toBe(false)
  })

  test('cannot be extended, and has no other valid form', () => {
    const [name = '', value = ''] = pair.split('=')
    const [, signature = ''] = value.split('.')
    for (const forged of [
      `${now + 9_999}.${signature}`,
      `${now + 3_600}.`,
      `.${signature}`,
      signature,
      '',
      `${value}x`,
    ]) {
      expect(hasPreviewCookie(`${name}=${forged}`, options, now)).toBe(false)
    }
    expect(hasPreviewCookie(undefined, options, now)).toBe(false)
  })
})

describe('cookies of a program', () => {
  test('are the only ones that it receives', () => {
    expect(withoutPreviewCookies(`a=b; ${pair}; c="d;e"`)).toBe('a=b; c="d;e"')
    expect(withoutPreviewCookies(`${pair}; daytona-sandbox-auth-other=1`)).toBe('')
  })

  test('are restricted to its own host, and cannot use our cookie names', () => {
    expect(programCookie('a=b; Domain=example.com; Path=/; domain = .x')).toBe('a=b; Path=/')
    expect(programCookie('daytona-sandbox-auth-box=1; Path=/')).toBeNull()
  })
})
