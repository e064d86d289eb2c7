'use client'
import { useEffect, useEffectEvent, useState } from 'react'
import {
  type Draft,
  emptyDraft,
  loadDraft,
  loadMode,
  type Mode,
  saveDraft,
  saveMode,
} from '@/components/execution/draft'
import { sampleProgram } from './samples'

const saveDelayMs = 300

export interface DraftState {
  mode: Mode
  draft: Draft
  /** False while the browser has no room to keep the draft. */
  kept: boolean
  setMode: (mode: Mode) => void
  change: (change: Partial<Draft>) => void
  /** Puts something else into the editor, such as an old run; undo brings the text back. */
  replace: (mode: Mode, draft: Draft) => void
}

/**
 * The draft of this sandbox, one a language, saved as it is typed. Browser only.
 * @param sample a named program for an editor that is still empty; what a person wrote is never replaced by it
 */
export function useDraft(sandboxId: string, firstMode: Mode, sample: string | null): DraftState {
  const [mode, setModeState] = useState<Mode>(() => loadMode(localStorage, sandboxId) ?? firstMode)
  const [draft, setDraft] = useState<Draft>(() => {
    const known = loadDraft(localStorage, sandboxId, mode) ?? emptyDraft
    return known.text === '' ? { ...known, text: sampleProgram(sample, mode) ?? '' } : known
  })
  const [kept, setKept] = useState(true)

  const save = useEffectEvent(() => setKept(saveDraft(localStorage, sandboxId, mode, draft)))

  useEffect(() => {
    if (draft === emptyDraft) return
    const timer = setTimeout(save, saveDelayMs)
    return () => clearTimeout(timer)
  }, [draft])

  useEffect(() => {
    const onHide = () => save()
    addEventListener('pagehide', onHide)
    return () => {
      removeEventListener('pagehide', onHide)
      onHide()
    }
  }, [])

  const go = (next: Mode, nextDraft: Draft) => {
    saveMode(localStorage, sandboxId, next)
    setModeState(next)
    setDraft(nextDraft)
  }

  return {
    mode,
    draft,
    kept,
    setMode(next) {
      if (next === mode) return
      saveDraft(localStorage, sandboxId, mode, draft)
      go(next, loadDraft(localStorage, sandboxId, next) ?? emptyDraft)
    },
    change: (change) => setDraft((before) => ({ ...before, ...change })),
    replace(next, nextDraft) {
      if (next !== mode) saveDraft(localStorage, sandboxId, mode, draft)
      go(next, nextDraft)
    },
  }
}
