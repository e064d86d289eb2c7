import { describe, expect, test } from 'vitest'
import { readSdkClient } from './sdk-version'
import { chooseSubprotocol } from './upgrade'

describe('the output form', () => {
  test.each([
    [undefined, 'combined'],
    ['0.20.0', 'combined'],
    ['0.26.9', 'combined'],
    ['0.27.0', 'raw'],
    ['0.27.0rc1', 'raw'],
    ['0.27.0-rc1', 'raw'],
    ['0.100.0', 'raw'],
    ['0.166.9', 'raw'],
    ['0.167.0', 'split'],
    ['0.167.0-alpha.1', 'split'],
    ['0.167.0a1', 'split'],
    ['0.190.0', 'split'],
    ['v0.190.0', 'split'],
    ['1.2.3', 'split'],
    ['0.0.0-dev', 'split'],
    ['dev', 'split'],
    ['0.0.0', 'combined'],
    ['latest', 'raw'],
    ['1.2', 'raw'],
  ])('version %s gives %s', (version, output) => {
    expect(readSdkClient(version === undefined ? {} : { 'x-daytona-sdk-version': version }).output).toBe(output)
  })

  test('without a version, the split header requests markers', () => {
    expect(readSdkClient({ 'x-daytona-split-output': 'true' }).output).toBe('raw')
    expect(readSdkClient({ 'x-daytona-split-output': '1' }).output).toBe('combined')
  })

  test('the entrypoint ignores the combined rule', () => {
    expect(readSdkClient({}).entrypointOutput).toBe('raw')
    expect(readSdkClient({ 'x-daytona-sdk-version': '0.20.0' }).entrypointOutput).toBe('raw')
    expect(readSdkClient({ 'x-daytona-sdk-version': '0.190.0' }).entrypointOutput).toBe('split')
  })
})

test('a subprotocol token replaces a missing header; the header wins', () => {
  const offered = ['X-Daytona-SDK-Version~0.190.0']
  expect(readSdkClient({}, offered)).toMatchObject({ version: '0.190.0', output: 'split' })
  expect(readSdkClient({ 'x-daytona-sdk-version': '0.100.0' }, offered)).toMatchObject({ output: 'raw' })
})

test.each([
  ['0.102.9', true],
  ['0.103.0', false],
  ['0.103.0-rc1', false],
  ['0.0.0-dev', false],
  ['0.0.0-other', true],
  ['nonsense', false],
  [undefined, false],
])('sessions of version %s start in the home directory: %s', (version, expected) => {
  const headers = version === undefined ? {} : { 'x-daytona-sdk-version': version }
  expect(readSdkClient(headers).sessionsStartInHome).toBe(expected)
})

test.each([
  ['sdk-go', '0.187.9', true],
  ['sdk-go', '0.188.0', false],
  ['sdk-go', '0.0.0', false],
  ['sdk-go', '0.0.0-dev', false],
  ['sdk-go', undefined, false],
  ['sdk-python', '0.150.0', false],
])('%s %s rejects unknown fields: %s', (source, version, expected) => {
  const headers = { 'x-daytona-source': source, ...(version ? { 'x-daytona-sdk-version': version } : {}) }
  expect(readSdkClient(headers).rejectsUnknownFields).toBe(expected)
})

test.each([
  [[], undefined],
  [['X-Daytona-SDK-Version~0.190.0'], 'X-Daytona-SDK-Version~0.190.0'],
  [
    ['X-Daytona-Pty-Envs~e30', 'X-Daytona-SDK-Version~1.0.0', 'X-Daytona-Pty-Exit-Control'],
    'X-Daytona-SDK-Version~1.0.0',
  ],
  [['X-Daytona-Pty-Envs~e30', 'X-Daytona-Pty-Exit-Control'], 'X-Daytona-Pty-Exit-Control'],
  [['X-Daytona-Pty-Envs~e30'], 'X-Daytona-Pty-Envs~e30'],
  [['other'], 'other'],
])('of %j, %s is selected', (offered, selected) => {
  expect(chooseSubprotocol(offered)).toBe(selected)
})
