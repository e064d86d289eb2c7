import { describe, expect, it } from 'vitest'
import { OriginPolicy } from './origin-policy'

const plain = new OriginPolicy({ host: '127.0.0.1', port: 3000, allowedHosts: [] })
const proxied = new OriginPolicy({ host: '127.0.0.1', port: 3000, allowedHosts: ['sandglass.example', 'box:8080'] })

describe('knowsHost', () => {
  it.each(['127.0.0.1:3000', 'localhost:3000', 'LOCALHOST:3000', '[::1]:3000'])('takes %s', (host) => {
    expect(plain.knowsHost(host)).toBe(true)
  })
  it.each([
    undefined,
    '',
    'localhost',
    'localhost:3001',
    'evil.example',
    'evil.example:3000',
    '127.0.0.1:3000.evil.example',
    'localhost:3000@evil.example',
    'localhost:3000/',
  ])('refuses %j', (host) => {
    expect(plain.knowsHost(host)).toBe(false)
  })
  it('takes what is listed: a bare name with every port, a name with a port only so', () => {
    expect(proxied.knowsHost('sandglass.example')).toBe(true)
    expect(proxied.knowsHost('sandglass.example:8443')).toBe(true)
    expect(proxied.knowsHost('box:8080')).toBe(true)
    expect(proxied.knowsHost('box:80')).toBe(false)
    expect(proxied.knowsHost('sandglass.example.evil')).toBe(false)
  })
  it('takes HOST, and names without a port when the port is 80', () => {
    expect(new OriginPolicy({ host: '10.0.0.7', port: 3000, allowedHosts: [] }).knowsHost('10.0.0.7:3000')).toBe(true)
    expect(new OriginPolicy({ host: 'fe80::1', port: 80, allowedHosts: [] }).knowsHost('[fe80::1]')).toBe(true)
  })
})

describe('acceptsOrigin', () => {
  it('takes a page of the very host that was asked', () => {
    expect(plain.acceptsOrigin('http://localhost:3000', 'localhost:3000')).toBe(true)
    expect(proxied.acceptsOrigin('https://sandglass.example', 'sandglass.example')).toBe(true)
    expect(proxied.acceptsOrigin('https://sandglass.example', 'sandglass.example:443')).toBe(true)
  })
  it('takes a listed name where a proxy puts another Host', () => {
    expect(proxied.acceptsOrigin('https://sandglass.example', '127.0.0.1:3000')).toBe(true)
  })
  it.each([
    'http://localhost:5173',
    'http://127.0.0.1:3000',
    'http://evil.example',
    'https://localhost:3000.evil.example',
    'http://localhost',
    'null',
    '',
    'chrome-extension://abc',
    'file://',
    'http://localhost:3000@evil.example',
  ])('refuses %j at localhost:3000', (origin) => {
    expect(plain.acceptsOrigin(origin, 'localhost:3000')).toBe(false)
  })
})
