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
  /** False while the browser cannot store the draft. */
  saved: boolean
  setMode: (mode: Mode) => void
  change: (change: Partial<Draft>) => void
  /** Replaces the draft, for instance with a past run; undo restores the text. */
  replace: (mode: Mode, draft: Draft) => void
}

/**
 * The draft of this sandbox, one per language, saved while typing. Browser only.
 * @param sample name of a sample program for an empty editor; existing code is never replaced
 */
export function useDraft(sandboxId: string, firstMode: Mode, sample: string | null): DraftState {
  const [mode, setModeState] = useState<Mode>(() => loadMode(localStorage, sandboxId) ?? firstMode)
  const [draft, setDraft] = useState<Draft>(() => {
    const known = loadDraft(localStorage, sandboxId, mode) ?? emptyDraft
    return known.text === '' ? { ...known, text: sampleProgram(sample, mode) ?? '' } : known
  })
  const [saved, setSaved] = useState(true)

  const save = useEffectEvent(() => setSaved(saveDraft(localStorage, sandboxId, mode, draft)))

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

  const open = (next: Mode, nextDraft: Draft) => {
    saveMode(localStorage, sandboxId, next)
    setModeState(next)
    setDraft(nextDraft)
  }

  return {
    mode,
    draft,
    saved,
    setMode(next) {
      if (next === mode) return
      saveDraft(localStorage, sandboxId, mode, draft)
      open(next, loadDraft(localStorage, sandboxId, next) ?? emptyDraft)
    },
    change: (change) => setDraft((before) => ({ ...before, ...change })),
    replace(next, nextDraft) {
      if (next !== mode) saveDraft(localStorage, sandboxId, mode, draft)
      open(next, nextDraft)
    },
  }
}
