import { describe, expect, it } from 'vitest'
import { executionStateSchema } from '@/lib/process-api/execution'
import { sandboxStateSchema } from '@/lib/process-api/sandbox'
import { executionDisplay, sandboxDisplay, sessionDisplay } from './state-display'

const ended = { exitCode: null, signal: null, reason: null, startedAt: null }

describe('the display of an execution', () => {
  it('is green only for exit code 0', () => {
    for (const state of executionStateSchema.options) {
      expect(executionDisplay({ ...ended, state }).tone === 'ok').toBe(state === 'succeeded')
    }
  })

  it('names the exit code, the signal or the reason', () => {
    expect(executionDisplay({ ...ended, state: 'failed', exitCode: 7 }).word).toBe('exit 7')
    expect(executionDisplay({ ...ended, state: 'killed', signal: 'SIGKILL', exitCode: 137 }).word).toBe(
      'killed SIGKILL (137)',
    )
    expect(executionDisplay({ ...ended, state: 'timed-out' }, 30).word).toBe('timeout 30 s')
    const startedAt = '2026-01-01T00:00:00Z'
    const stopped = { ...ended, state: 'killed', reason: 'stopped' } as const
    expect(executionDisplay({ ...stopped, startedAt, signal: 'SIGTERM', exitCode: 143 }).word).toBe('stopped')
    expect(executionDisplay({ ...stopped, startedAt, reason: 'sandbox-stopped' }).word).toBe('stopped')
    expect(executionDisplay(stopped).word).toBe('cancelled')
    expect(executionDisplay({ ...ended, state: 'lost' })).toEqual({ glyph: 'unknown', tone: 'off', word: 'unknown' })
    expect(executionDisplay({ ...ended, state: 'failed' }).word).toBe('failed')
  })
})

it('shows that a running execution waits for input; unknown counts as running', () => {
  const running = { ...ended, state: 'running', startedAt: '2026-01-01T00:00:00Z' } as const
  expect(executionDisplay({ ...running, waitingForInput: true })).toEqual({
    glyph: 'waiting',
    tone: 'time',
    word: 'waiting for input',
  })
  for (const waitingForInput of [false, null]) {
    expect(executionDisplay({ ...running, waitingForInput }).word).toBe('running')
  }
})

describe('the display of a session', () => {
  const idle = { state: 'idle', exitCode: null, signal: null, lastVerdict: null } as const
  const failed = { state: 'failed', exitCode: 2, signal: null, reason: 'exited' } as const

  it('shows the running command, else how the last command ended, else how the shell ended', () => {
    expect(sessionDisplay({ ...idle, state: 'running', lastVerdict: failed }).word).toBe('running')
    expect(sessionDisplay({ ...idle, lastVerdict: failed })).toMatchObject({ tone: 'fail', word: 'exit 2' })
    expect(sessionDisplay(idle)).toMatchObject({ tone: 'off', word: 'idle' })
    expect(sessionDisplay({ ...idle, state: 'ended', signal: 'SIGKILL', lastVerdict: failed }).tone).toBe('kill')
    expect(sessionDisplay({ ...idle, state: 'ended', lastVerdict: failed })).toMatchObject({
      tone: 'off',
      word: 'ended',
    })
  })
})

describe('the display of a sandbox', () => {
  it('has a word for every state of the protocol', () => {
    for (const state of sandboxStateSchema.options) expect(sandboxDisplay(state).word).not.toBe('')
    expect(sandboxDisplay('started').word).toBe('running')
    expect(sandboxDisplay('destroying').word).toBe('deleting')
    expect(sandboxDisplay(undefined).word).toBe('unknown')
  })
})
