import { describe, expect, it } from 'vitest'
import { executionState } from '@/lib/process-api/execution'
import { sandboxState } from '@/lib/process-api/sandbox'
import { executionLook, sandboxLook } from './state-look'

const ended = { exitCode: null, signal: null, reason: null, startedAt: null }

describe('the look of an execution', () => {
  it('is green for exit code 0 alone', () => {
    for (const state of executionState.options) {
      expect(executionLook({ ...ended, state }).tone === 'ok').toBe(state === 'succeeded')
    }
  })

  it('says what is known of the end', () => {
    expect(executionLook({ ...ended, state: 'failed', exitCode: 7 }).word).toBe('exit 7')
    expect(executionLook({ ...ended, state: 'killed', signal: 'SIGKILL', exitCode: 137 }).word).toBe(
      'killed SIGKILL (137)',
    )
    expect(executionLook({ ...ended, state: 'timed-out' }, 30).word).toBe('timeout 30 s')
    expect(executionLook({ ...ended, state: 'lost' })).toEqual({ glyph: 'unknown', tone: 'off', word: 'unknown' })
    expect(executionLook({ ...ended, state: 'failed' }).word).toBe('failed')
  })
})

describe('the look of a sandbox', () => {
  it('has a word for every state of the protocol', () => {
    for (const state of sandboxState.options) expect(sandboxLook(state).word).not.toBe('')
    expect(sandboxLook('started').word).toBe('running')
    expect(sandboxLook(undefined).word).toBe('unknown')
  })
})
