import { describe, expect, it } from 'vitest'
import { type Draft, envRow, loadDraft, loadMode, removeDrafts, saveDraft, saveMode } from './draft'

function memory(): { items: Map<string, string>; storage: Parameters<typeof loadDraft>[0] } {
  const items = new Map<string, string>()
  return {
    items,
    storage: {
      getItem: (item) => items.get(item) ?? null,
      setItem: (item, value) => void items.set(item, value),
      removeItem: (item) => void items.delete(item),
    },
  }
}

const draft: Draft = {
  text: 'print(1)\n',
  arguments: 'a b',
  cwd: '/tmp',
  env: [envRow('A', '1')],
  timeout: '30',
  acceptsInput: true,
}

describe('drafts', () => {
  it('are stored per sandbox and language', () => {
    const { storage } = memory()
    expect(saveDraft(storage, 's1', 'python', draft)).toBe(true)
    const back = loadDraft(storage, 's1', 'python')
    expect(back).toEqual({ ...draft, env: [{ key: expect.any(String), name: 'A', value: '1' }] })
    expect(loadDraft(storage, 's1', 'shell')).toBeNull()
    expect(loadDraft(storage, 's2', 'python')).toBeNull()
  })

  it('remember the language of a sandbox', () => {
    const { storage } = memory()
    saveMode(storage, 's1', 'shell')
    expect(loadMode(storage, 's1')).toBe('shell')
    expect(loadMode(storage, 's2')).toBeNull()
  })

  it('that cannot be read are ignored', () => {
    const { items, storage } = memory()
    items.set('sandglass.draft.s1.python', '{"text":')
    expect(loadDraft(storage, 's1', 'python')).toBeNull()
    items.set('sandglass.draft.s1.python', '"x"')
    expect(loadDraft(storage, 's1', 'python')).toBeNull()
    items.set('sandglass.draft.s1.python', '{"text":7,"env":[{"name":1},null],"timeout":5}')
    expect(loadDraft(storage, 's1', 'python')).toEqual({
      text: '',
      arguments: '',
      cwd: '',
      env: [],
      timeout: null,
      acceptsInput: true,
    })
  })

  it('report that the storage is full', () => {
    const { storage } = memory()
    const full = {
      ...storage,
      setItem() {
        throw new Error('quota')
      },
    }
    expect(saveDraft(full, 's1', 'python', draft)).toBe(false)
  })

  it('are removed with their sandbox', () => {
    const { items, storage } = memory()
    saveMode(storage, 's1', 'python')
    saveDraft(storage, 's1', 'python', draft)
    removeDrafts(storage, 's1')
    expect(items.size).toBe(0)
  })
})
