import { describe, expect, test } from 'vitest'
import { hostNames, isSameSandbox, previewDomain, requireKnownHost } from './host-check'

const id = '11111111-2222-4333-8444-555555555555'
const allowed = hostNames('preview.example.com, 192.168.1.5:3000')

describe('a Host', () => {
  test.each([
    ['localhost'],
    ['LOCALHOST:3986'],
    ['127.0.0.1:3986'],
    ['[::1]:3986'],
    ['console.localhost'],
    ['preview.example.com'],
    ['192.168.1.5'],
    [`0-${id}.localhost`],
    [`65536-${id}.localhost`],
  ])('%s is the engine', (host) => expect(requireKnownHost(host, allowed)).toBeNull())

  test.each([
    [`3000-${id}.localhost:3986`, 3000],
    [`3000-${id.toUpperCase()}.LocalHost`, 3000],
    [`2280-${id}.preview.example.com`, 2280],
  ])('%s is a preview of port %i', (host, port) => {
    expect(requireKnownHost(host, allowed)).toEqual({ port, label: id })
  })

  test.each([
    [undefined],
    [''],
    ['evil.example'],
    [`3000-${id}.evil.example`],
    [`3000-${id}.example.com`],
    [`3000-${id}.a.preview.example.com`],
    [`3000-${id}.localhost.evil.example`],
    ['x.preview.example.com'],
    [`3000-${id}.localhost.`],
  ])('%s is not ours', (host) => {
    expect(() => requireKnownHost(host, allowed)).toThrow(/is not one of this engine/)
  })
})

test.each([
  ['127.0.0.1:3986', 'localhost:3986'],
  ['localhost', 'localhost'],
  ['[::1]:80', 'localhost:80'],
  ['console.localhost:3986', 'localhost:3986'],
  ['preview.example.com', 'preview.example.com'],
  ['preview.example.com:8443', 'preview.example.com:8443'],
  ['192.168.1.5:3986', null],
  ['[fd00::1]:3986', null],
])('previews of an engine that is reached as %s are below %s', (host, domain) => {
  expect(previewDomain(host)).toBe(domain)
})

test('pages of the same sandbox are told from all others, whatever their port', () => {
  const preview = { port: 3000, label: id }
  expect(isSameSandbox(`http://8000-${id}.localhost:3986`, preview, allowed)).toBe(true)
  for (const origin of ['http://localhost:3986', `http://8000-${id.replace('1', '2')}.localhost`, 'null', 'x']) {
    expect(isSameSandbox(origin, preview, allowed)).toBe(false)
  }
})
