import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { log } from '@/lib/log/log'
import { ConnectionFile } from '@/lib/settings/connection-file'
import { type Authenticator, openAuthenticator } from './authenticator'
import { SignInLink } from './sign-in-link'

let folder: string
let auth: Authenticator
let file: ConnectionFile
let link: SignInLink

beforeEach(() => {
  vi.useFakeTimers()
  folder = mkdtempSync(path.join(tmpdir(), 'link-'))
  auth = openAuthenticator(folder)
  file = new ConnectionFile(folder)
  link = new SignInLink(folder, auth)
})
afterEach(() => {
  link.withdraw()
  vi.useRealTimers()
  rmSync(folder, { recursive: true, force: true })
})

function tokenIn(url: string | undefined): string {
  return new URL(url ?? '').searchParams.get('token') ?? ''
}

it('writes a working link into the file, and another one after it was used', () => {
  const first = link.publish('http://127.0.0.1:3000')
  expect(file.read()).toMatchObject({ consoleUrl: 'http://127.0.0.1:3000', signInUrl: first })
  expect(auth.redeem(tokenIn(first))).toHaveProperty('cookie')
  link.renew()
  const second = file.read().signInUrl
  expect(second).not.toBe(first)
  expect(auth.redeem(tokenIn(second))).toHaveProperty('cookie')
})

it('renews the link in the file before it expires', () => {
  link.publish('http://127.0.0.1:3000')
  vi.advanceTimersByTime(90 * 60_000)
  expect(auth.redeem(tokenIn(file.read().signInUrl))).toHaveProperty('cookie')
})

it('restores the link after another program overwrote the file', () => {
  const first = link.publish('http://127.0.0.1:3000')
  link.renew()
  const second = file.read().signInUrl
  file.merge({ apiKey: 'k', signInUrl: first })
  vi.advanceTimersByTime(10_000)
  expect(file.read()).toMatchObject({ apiKey: 'k', signInUrl: second })
  file.merge({ consoleUrl: undefined, signInUrl: undefined })
  vi.advanceTimersByTime(10_000)
  expect(file.read().signInUrl).toBe(second)
})

it('completes the part of an engine that wrote nothing else yet', () => {
  new ConnectionFile(folder, 'engine.json').merge({ apiUrl: 'http://127.0.0.1:1/api', apiKey: 'k' })
  expect(file.read()).toEqual({})
  link.publish('http://127.0.0.1:3000', ['https://sandglass.example'])
  expect(Object.keys(file.read()).sort()).toEqual(['apiKey', 'apiUrl', 'consoleUrl', 'linkOrigins', 'signInUrl'])
})

it('removes its own keys at the end, and none of another console', () => {
  link.publish('http://127.0.0.1:3000')
  file.merge({ apiKey: 'k' })
  link.withdraw()
  expect(file.read()).toEqual({ apiKey: 'k' })
  link.publish('http://127.0.0.1:3000')
  file.merge({ consoleUrl: 'http://127.0.0.1:4000', signInUrl: 'http://127.0.0.1:4000/sign-in?token=x' })
  link.withdraw()
  expect(file.read().consoleUrl).toBe('http://127.0.0.1:4000')
})

describe('where the folder cannot be written', () => {
  const { isTTY } = process.stderr
  afterEach(() => {
    process.stderr.isTTY = isTTY
  })

  /** What is printed to a terminal or elsewhere. */
  function printed(terminal: boolean) {
    process.stderr.isTTY = terminal
    const spies = [
      vi.spyOn(log, 'error').mockImplementation(() => undefined),
      vi.spyOn(log, 'info').mockImplementation(() => undefined),
      vi.spyOn(process.stderr, 'write').mockImplementation(() => true),
    ]
    rmSync(folder, { recursive: true })
    const url = link.publish('http://127.0.0.1:3000')
    vi.advanceTimersByTime(60_000)
    const lines = spies.flatMap((spy) => spy.mock.calls.flat().map(String))
    for (const spy of spies) spy.mockRestore()
    return { url, lines }
  }

  it('prints the link to a terminal once, and keeps working', () => {
    const { url, lines } = printed(true)
    expect(lines.filter((line) => line.includes(url))).toHaveLength(1)
    expect(auth.redeem(tokenIn(url))).toHaveProperty('cookie')
  })

  it('keeps the link out of logs, and prints how to get one instead', () => {
    const { lines } = printed(false)
    expect(lines.join('\n')).not.toContain('token=')
    expect(lines.filter((line) => line.includes('npm run sign-in'))).toHaveLength(1)
  })
})
