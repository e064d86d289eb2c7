import { describe, expect, it } from 'vitest'
import { hotkeyIds, hotkeys, isPlainKey, keyBindings, keyCaps } from './registry'

describe('the hotkey table', () => {
  it('gives no two actions of one group the same keys', () => {
    const seen = new Set<string>()
    for (const id of hotkeyIds) {
      const { group, keys } = hotkeys[id]
      const key = `${group} ${keys}`
      expect(seen.has(key), `${id} repeats ${keys}`).toBe(false)
      seen.add(key)
    }
  })

  it('reserves the keys of actions that work everywhere', () => {
    const everywhere = hotkeyIds.filter((id) => hotkeys[id].group === 'Everywhere')
    for (const id of everywhere) {
      const twins = hotkeyIds.filter((other) => other !== id && hotkeys[other].keys === hotkeys[id].keys)
      expect(twins).toEqual([])
    }
  })
})

describe('plain keys', () => {
  it('are those that could be typed text', () => {
    expect(['n', 'g s', '.', '?', '1'].map(isPlainKey)).toEqual([true, true, true, true, true])
    expect(['$mod+k', 'F6', 'Shift+F6', '$mod+Enter'].map(isPlainKey)).toEqual([false, false, false, false])
  })
})

describe('bindings', () => {
  it('bind a symbol with and without Shift, and everything else unchanged', () => {
    expect(keyBindings('?')).toEqual(['?', 'Shift+?'])
    expect(keyBindings('n')).toEqual(['n'])
    expect(keyBindings('$mod+.')).toEqual(['$mod+.'])
    expect(keyBindings('g s')).toEqual(['g s'])
  })
})

describe('key caps', () => {
  it('use the symbols of the platform', () => {
    expect(keyCaps('$mod+k', 'mac')).toEqual([['⌘', 'K']])
    expect(keyCaps('$mod+k', 'other')).toEqual([['Ctrl', 'K']])
    expect(keyCaps('g s', 'other')).toEqual([['G'], ['S']])
    expect(keyCaps('?', 'mac')).toEqual([['?']])
  })
})
