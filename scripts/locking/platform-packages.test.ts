import { describe, expect, it } from 'vitest'
import { complete, lockProblems, missingEntries, platformOf } from './platform-packages.mjs'

describe('platformOf', () => {
  it.each([
    ['@next/swc-linux-x64-musl', { os: ['linux'], cpu: ['x64'], libc: ['musl'] }],
    ['@next/swc-win32-arm64-msvc', { os: ['win32'], cpu: ['arm64'] }],
    ['@biomejs/cli-linux-arm64', { os: ['linux'], cpu: ['arm64'] }],
    ['@oxc-parser/binding-linux-arm-musleabihf', { os: ['linux'], cpu: ['arm'], libc: ['musl'] }],
    ['@oxc-parser/binding-android-arm-eabi', { os: ['android'], cpu: ['arm'] }],
    ['@tailwindcss/oxide-wasm32-wasi', { cpu: ['wasm32'] }],
    ['fsevents', {}],
  ])('%s', (name, platform) => {
    expect(platformOf(name)).toEqual(platform)
  })
})

const lock = {
  packages: {
    '': { optionalDependencies: { ranged: '^1.0.0' } },
    'node_modules/app': {
      version: '1.0.0',
      dev: true,
      optionalDependencies: { 'app-linux-x64': '1.0.0', 'app-darwin-x64': '1.0.0' },
    },
    'node_modules/app-linux-x64': { version: '1.0.0', optional: true },
    'node_modules/outer/node_modules/inner': { version: '2.0.0', optionalDependencies: { nested: '2.0.0' } },
    'node_modules/outer/node_modules/nested': { version: '2.0.0' },
  },
}

describe('a lock', () => {
  it('lacks only the exact versions that nobody above the owner provides', () => {
    expect(missingEntries(lock)).toEqual([
      {
        key: 'node_modules/app-darwin-x64',
        entry: { version: '1.0.0', cpu: ['x64'], dev: true, optional: true, os: ['darwin'] },
      },
    ])
  })

  it('is without problems once completed, in order', () => {
    const whole = complete(lock)
    expect(lockProblems(whole)).toEqual([])
    expect(Object.keys(whole.packages)).toEqual([
      '',
      'node_modules/app',
      'node_modules/app-darwin-x64',
      'node_modules/app-linux-x64',
      'node_modules/outer/node_modules/inner',
      'node_modules/outer/node_modules/nested',
    ])
  })

  it('must not name a registry', () => {
    expect(lockProblems({ packages: { 'node_modules/a': { version: '1.0.0', resolved: 'x' } } })).toHaveLength(1)
  })
})
