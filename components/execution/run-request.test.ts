import { describe, expect, it } from 'vitest'
import type { RunDetail } from '@/lib/process-api/extensions'
import { emptyDraft, envRow } from './draft'
import { buildRequest, draftOf, envNameProblem, requestOf } from './run-request'

describe('a draft becomes a request', () => {
  it('with only the fields that were filled in', () => {
    expect(buildRequest('python', { ...emptyDraft, text: 'print(1)' })).toEqual({
      ok: true,
      request: { kind: 'code', language: 'python', code: 'print(1)' },
    })
  })

  it('with every field', () => {
    const draft = {
      text: 'x',
      arguments: `a 'b c'`,
      cwd: ' /tmp ',
      env: [envRow('A', '1'), envRow('', '')],
      timeout: '30',
      acceptsInput: true,
    }
    expect(buildRequest('typescript', draft)).toEqual({
      ok: true,
      request: {
        kind: 'code',
        language: 'typescript',
        code: 'x',
        argv: ['a', 'b c'],
        cwd: '/tmp',
        envs: { A: '1' },
        timeout: 30,
      },
    })
    expect(buildRequest('shell', draft)).toEqual({
      ok: true,
      request: { kind: 'command', command: 'x', cwd: '/tmp', envs: { A: '1' }, timeout: 30 },
    })
  })

  it('or a list of problems by field', () => {
    const built = buildRequest('python', {
      text: ' \n',
      arguments: "'",
      cwd: '',
      env: [envRow('1A', 'x')],
      timeout: '1.5',
      acceptsInput: true,
    })
    expect(built.ok).toBe(false)
    if (!built.ok) expect(Object.keys(built.problems).sort()).toEqual(['arguments', 'env', 'text', 'timeout'])
  })

  it.each(['0', '-1', '', 'abc', '4294967296'])('refuses %j as a timeout', (timeout) => {
    expect(buildRequest('python', { ...emptyDraft, text: 'x', timeout }).ok).toBe(false)
  })
})

describe('names of the environment', () => {
  it('follow the rule of the protocol and are unique', () => {
    expect(envNameProblem('_A1', [])).toBeNull()
    for (const name of ['', '1A', 'A-B', 'A B', 'Ä']) expect(envNameProblem(name, [])).not.toBeNull()
    expect(envNameProblem('A', ['A'])).not.toBeNull()
  })
})

const run: RunDetail = {
  id: 'r',
  kind: 'code',
  language: 'python',
  title: 'print(1)',
  origin: 'run',
  streams: 'split',
  timeoutSeconds: null,
  state: 'succeeded',
  exitCode: 0,
  signal: null,
  reason: 'exited',
  message: null,
  queuedAt: '2026-01-01T00:00:00Z',
  startedAt: '2026-01-01T00:00:00Z',
  endedAt: '2026-01-01T00:00:01Z',
  durationMs: 1000,
  output: { bytes: 0, stdoutBytes: 0, stderrBytes: 0, droppedBytes: 0 },
  survivors: [],
  stdinOpen: false,
  waitingForInput: false,
  verified: null,
  unverifiedReason: null,
  command: null,
  code: 'print(1)',
  argv: ["it's"],
  envs: { A: '1' },
  cwd: '/home/daytona',
}

describe('a run', () => {
  it('can be started again with the same request', () => {
    expect(requestOf(run)).toEqual({
      kind: 'code',
      language: 'python',
      code: 'print(1)',
      argv: ["it's"],
      cwd: '/home/daytona',
      envs: { A: '1' },
      timeout: null,
    })
    expect(requestOf({ ...run, code: null })).toBeNull()
  })

  it('becomes a draft that builds the same request', () => {
    const { mode, draft } = draftOf({ ...run, timeoutSeconds: 5 })
    const built = buildRequest(mode, draft)
    expect(built.ok && built.request).toEqual({ ...requestOf(run), timeout: 5 })
  })
})
