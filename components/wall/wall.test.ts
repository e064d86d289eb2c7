import { describe, expect, it } from 'vitest'
import { matchesName } from './name-pattern'
import { matchesSandbox, matchesSession, nextLeave, noMembers, type RuleMatch, updateMembers } from './rule-members'
import { columnsFor, paneAfterKey } from './wall-layout'
import {
  emptyWall,
  formatRule,
  formatWall,
  maxWallPanes,
  type PaneRef,
  parsePane,
  parseRule,
  parseWall,
} from './wall-state'

describe('the address of a wall', () => {
  it('contains everything that is shown, and survives a round trip', () => {
    const wall = {
      view: 'Nightly deploy',
      panes: [
        { kind: 'session', sandboxId: 's1', sessionId: 'build/1 ü' },
        { kind: 'command', sandboxId: 's1', sessionId: 'build', commandId: 'c1' },
        { kind: 'run', sandboxId: 's2', runId: 'r1' },
        { kind: 'terminal', sandboxId: 's2', ptyId: 'sh-1' },
      ] satisfies PaneRef[],
      rules: [{ label: 'team=api', name: 'api-*', session: '' }],
      leaveSeconds: null,
      columns: 3,
    }
    expect(parseWall(new URLSearchParams(formatWall(wall).toString()))).toEqual(wall)
    expect(formatWall(emptyWall).toString()).toBe('')
    expect(parseWall(new URLSearchParams())).toEqual(emptyWall)
  })

  it('ignores what it does not know, duplicates, and more panes than a tab can follow', () => {
    for (const text of ['', 'session', 'session/a', 'session/a/b/c', 'command/a/b', 'run/%', 'x/a/b', 'run/a/b/c/d'])
      expect(parsePane(text)).toBeNull()
    const query = new URLSearchParams([
      ['pane', 'run/a/b'],
      ['pane', 'run/a/b'],
      ['pane', 'nonsense'],
      ['leave', '-1'],
      ['columns', '99'],
      ['rule', 'color:red'],
    ])
    expect(parseWall(query)).toEqual({ ...emptyWall, panes: [{ kind: 'run', sandboxId: 'a', runId: 'b' }] })
    const many = new URLSearchParams(Array.from({ length: 100 }, (_, index) => ['pane', `run/a/${index}`]))
    expect(parseWall(many).panes).toHaveLength(maxWallPanes)
  })

  it('writes rules as terms', () => {
    expect(formatRule({ label: '', name: '', session: '' })).toBe('*')
    expect(parseRule('*')).toEqual({ label: '', name: '', session: '' })
    expect(parseRule('session:build* label:team=api')).toEqual({ label: 'team=api', name: '', session: 'build*' })
  })
})

describe('rules', () => {
  it('match names with * and ?, in time that no pattern can stretch', () => {
    expect(['api-1', 'API-2', 'api-'].map((name) => matchesName('api-*', name))).toEqual([true, true, true])
    expect(matchesName('api-?', 'api-12')).toBe(false)
    expect(matchesName('*work*', 'my-worker')).toBe(true)
    expect(matchesName('a.c', 'abc')).toBe(false)
    expect(matchesName(`${'*a'.repeat(40)}b`, 'a'.repeat(5000))).toBe(false)
  })

  it('match sandboxes by name and label, and sessions by id', () => {
    const sandbox = { name: 'api-1', labels: { team: 'api', ci: '' } }
    const rule = { label: '', name: '', session: '' }
    expect(matchesSandbox({ ...rule, label: 'team=a*', name: 'api-*' }, sandbox)).toBe(true)
    expect(matchesSandbox({ ...rule, label: 'ci' }, sandbox)).toBe(true)
    expect(matchesSandbox({ ...rule, label: 'toString' }, sandbox)).toBe(false)
    expect(matchesSandbox({ ...rule, label: 'team=web' }, sandbox)).toBe(false)
    expect(matchesSession({ ...rule, session: 'build*' }, 'build-7')).toBe(true)
  })

  const ref: PaneRef = { kind: 'session', sandboxId: 's', sessionId: 'build' }
  const match = (running: boolean, commandCount: number): RuleMatch[] => [{ ref, running, commandCount }]

  it('let a session join when it runs something, and leave some time after it ended', () => {
    let state = updateMembers(noMembers, match(false, 3), 0, 1000)
    expect(state.members.size).toBe(0)
    state = updateMembers(state, match(true, 4), 10, 1000)
    expect([...state.members.values()]).toEqual([{ ref, endedAt: null }])
    expect(updateMembers(state, match(true, 4), 20, 1000)).toBe(state)
    state = updateMembers(state, match(false, 4), 30, 1000)
    expect(nextLeave(state, 1000)).toBe(1030)
    expect(updateMembers(state, match(false, 4), 1029, 1000).members.size).toBe(1)
    expect(updateMembers(state, match(false, 4), 1030, 1000).members.size).toBe(0)
    expect(nextLeave(state, null)).toBeNull()
    expect(updateMembers(state, match(false, 4), 1e9, null).members.size).toBe(1)
  })

  it('let a session stay that runs again, and join for a command that ended before it was seen', () => {
    let state = updateMembers(noMembers, match(true, 1), 0, 1000)
    state = updateMembers(state, match(false, 1), 10, 1000)
    state = updateMembers(state, match(true, 2), 900, 1000)
    expect(nextLeave(state, 1000)).toBeNull()
    let late = updateMembers(noMembers, match(false, 1), 0, 1000)
    late = updateMembers(late, match(false, 2), 10, 1000)
    expect([...late.members.values()]).toEqual([{ ref, endedAt: 10 }])
  })

  it('let a session leave that was deleted', () => {
    let state = updateMembers(noMembers, match(true, 1), 0, 1000)
    state = updateMembers(state, [], 10, 1000)
    expect(updateMembers(state, [], 1010, 1000).members.size).toBe(0)
  })
})

describe('the grid', () => {
  it('chooses columns by the number of panes and the width', () => {
    expect([0, 1, 2, 4, 5, 9, 10, 20, 40].map((count) => columnsFor(count, 2000, null))).toEqual([
      1, 1, 2, 2, 3, 3, 4, 5, 6,
    ])
    expect(columnsFor(20, 390, null)).toBe(1)
    expect(columnsFor(2, 2000, 4)).toBe(2)
  })

  it('moves between panes with the arrow keys', () => {
    const from = (key: string, index: number) => paneAfterKey(key, index, 5, 3)
    expect(from('ArrowRight', 0)).toBe(1)
    expect(from('ArrowRight', 2)).toBeNull()
    expect(from('ArrowLeft', 3)).toBeNull()
    expect(from('ArrowDown', 1)).toBe(4)
    expect(from('ArrowDown', 2)).toBe(4)
    expect(from('ArrowDown', 4)).toBeNull()
    expect(from('ArrowUp', 4)).toBe(1)
    expect(from('End', 0)).toBe(4)
    expect(from('a', 0)).toBeNull()
  })
})
