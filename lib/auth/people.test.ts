import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openAuthenticator } from './authenticator'
import { callerOf } from './caller'
import { RequestGuard } from './guard'
import { consoleOrigins } from './origin-policy'
import { People } from './people'
import { loadSecret, signingKeys } from './secret'

let folder: string
let now: number
let people: People

const settings = { host: '127.0.0.1', port: 3000, allowedHosts: [], dev: false }
const host = 'localhost:3000'
const origin = `http://${host}`
const open = () => new People(folder, signingKeys(loadSecret(folder)).person, () => now)

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'people-'))
  now = Date.now()
  people = open()
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function value<Result extends object>(result: Result | { refused: string }): Result {
  if ('refused' in result) throw new Error(result.refused)
  return result
}
const invite = (name: string, role: 'viewer' | 'operator' | 'owner', by = '') =>
  value(people.invite({ name, role }, 1, by)).token
const idOf = (name: string) => value(people.list()).find((person) => person.name === name)?.id ?? ''

function signIn(token: string): string {
  const cookie = people.redeem(token)
  if (cookie === null) throw new Error('the link did not sign in')
  return cookie
}

test('a link signs in once, with the role that it was made for, also after a restart', () => {
  const token = invite('Ada', 'viewer')
  const cookie = signIn(token)
  expect(people.redeem(token)).toBeNull()
  expect(open().redeem(token)).toBeNull()
  const session = open().authenticate(cookie)
  expect(session?.person).toMatchObject({ name: 'Ada', role: 'viewer' })
  expect(session && callerOf(session, '')).toMatchObject({ role: 'viewer', actor: { kind: 'person', name: 'Ada' } })
})

test('neither a token nor a cookie is stored', () => {
  const token = invite('Ada', 'viewer')
  expect(readFileSync(path.join(folder, 'console-people.json'), 'utf8')).not.toContain(token)
  const cookie = signIn(token)
  expect(readFileSync(path.join(folder, 'console-people.json'), 'utf8')).not.toContain(cookie)
})

test('a link ends with its time, with a newer one, and when its maker leaves or is lowered', () => {
  signIn(invite('Bo', 'owner'))
  const late = invite('Late', 'viewer')
  now += 3_600_000
  expect(people.redeem(late)).toBeNull()
  const older = invite('Twice', 'viewer')
  const newer = value(people.createLink(idOf('Twice'), 1, '')).token
  expect(people.redeem(older)).toBeNull()
  expect(people.redeem(newer)).not.toBeNull()
  const lowered = invite('Cy', 'viewer', idOf('Bo'))
  people.changeRole(idOf('Bo'), 'operator')
  expect(people.redeem(lowered)).toBeNull()
  people.changeRole(idOf('Bo'), 'owner')
  people.remove(idOf('Bo'))
  expect(people.redeem(lowered)).toBeNull()
})

test('a role change is in force at once; removal and the end of sessions sign out', () => {
  const changed = vi.fn()
  people.onChange = changed
  const cookie = signIn(invite('Ada', 'viewer'))
  const id = idOf('Ada')
  people.changeRole(id, 'operator')
  expect(people.authenticate(cookie)?.person.role).toBe('operator')
  people.endSessions(id)
  expect(people.authenticate(cookie)).toBeNull()
  const again = signIn(value(people.createLink(id, 1, '')).token)
  people.remove(id)
  expect(people.authenticate(again)).toBeNull()
  expect(changed.mock.calls).toEqual([
    [id, 'role'],
    [id, 'sessions'],
    [id, 'sessions'],
  ])
  expect(people.changeRole(id, 'owner')).toHaveProperty('refused')
})

test('a session ends after 30 days', () => {
  const cookie = signIn(invite('Ada', 'viewer'))
  now += 31 * 24 * 3_600_000
  expect(people.authenticate(cookie)).toBeNull()
})

test('a cookie of a person is never one of the owner, and the other way round', () => {
  const auth = openAuthenticator(folder, people)
  const cookie = signIn(invite('Ada', 'viewer'))
  expect(openAuthenticator(folder).authenticate(cookie)).toBeNull()
  expect(auth.authenticate(cookie)?.person?.role).toBe('viewer')
  people.remove(idOf('Ada'))
  expect(auth.authenticate(cookie)).toBeNull()
  const owner = auth.redeem(auth.issueLinkToken())
  expect('cookie' in owner && people.authenticate(owner.cookie)).toBeNull()
})

test('a damaged file is not written over, and the link of the owner still works', () => {
  const file = path.join(folder, 'console-people.json')
  const cookie = signIn(invite('Ada', 'viewer'))
  writeFileSync(file, '{"version":1,')
  const broken = open()
  expect(broken.list()).toHaveProperty('refused')
  expect(broken.invite({ name: 'Bo', role: 'owner' }, 1, '')).toHaveProperty('refused')
  expect(broken.authenticate(cookie)).toBeNull()
  expect(readFileSync(file, 'utf8')).toBe('{"version":1,')
  const auth = openAuthenticator(folder, broken)
  expect(auth.redeem(auth.issueLinkToken())).toHaveProperty('session')
})

test('only a POST of the own pages accepts an invitation, and only without a session', () => {
  const auth = openAuthenticator(folder, people)
  const guard = new RequestGuard(settings, consoleOrigins(settings), auth)
  const admit = (method: string, url: string, headers = {}) =>
    guard.admit({ method, url, headers: { host, ...headers } })
  const url = `/sign-in?invitation=${invite('Ada', 'viewer')}`
  expect(admit('GET', url)).toMatchObject({ kind: 'pass', session: null, cookie: null })
  expect(admit('POST', url)).toMatchObject({ kind: 'refuse', error: { code: 'FORBIDDEN' } })
  for (const foreign of ['null', 'http://evil.example', 'http://localhost:3001']) {
    expect(admit('POST', url, { origin: foreign })).toMatchObject({ kind: 'refuse', error: { code: 'FORBIDDEN' } })
  }
  const owner = auth.redeem(auth.issueLinkToken())
  const cookie = 'cookie' in owner ? `sandglass-3000=${owner.cookie}` : ''
  expect(admit('POST', url, { origin, cookie })).toMatchObject({ kind: 'redirect', location: '/', cookie: null })
  const accepted = admit('POST', url, { origin })
  expect(accepted).toMatchObject({ kind: 'redirect', location: '/' })
  expect(accepted.kind === 'redirect' && accepted.cookie).toMatch(/; HttpOnly; SameSite=Lax$/)
  expect(admit('POST', url, { origin })).toMatchObject({ location: '/sign-in?token=', cookie: null })
  for (const guess of ['', 'x', 'A'.repeat(43), '../..']) {
    const guessed = admit('POST', `/sign-in?${new URLSearchParams({ invitation: guess })}`, { origin })
    expect(guessed).toMatchObject({ location: '/sign-in?token=', cookie: null })
  }
  const own = accepted.kind === 'redirect' ? (accepted.cookie?.split(';')[0] ?? '') : ''
  expect(admit('POST', '/sign-out', { origin, cookie: own })).toMatchObject({ location: '/sign-in' })
  expect(auth.authenticate(own.slice(own.indexOf('=') + 1))).toBeNull()
})
