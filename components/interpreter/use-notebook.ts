'use client'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { useTarget } from '@/components/target/target-provider'
import { startCell } from '@/lib/actions/cell/start'
import { saveNotebook } from '@/lib/actions/notebook/save'
import { useLiveClient } from '@/lib/live/client/use-live'
import { readJson, targetPath } from '@/lib/queries/read'
import { unwrapAction } from '@/lib/queries/unwrap-action'
import { CellRunner } from './cell-runner'
import { NotebookFile } from './notebook-file'
import { NotebookModel } from './notebook-model'

/** A notebook with its file and the runner of its cells; all are closed with the component. */
export function useNotebook(sandboxId: string, path: string, language: () => string, changed: () => void) {
  const target = useTarget()
  const client = useLiveClient()
  const [open] = useState(() => {
    const model = new NotebookModel()
    const url = `${targetPath(target, 'sandboxes', sandboxId, 'notebook')}?${new URLSearchParams({ path })}`
    const file = new NotebookFile(model, {
      read: () => readJson<{ text: string; version: string } | null>(url),
      save: async (text, expected) =>
        (await unwrapAction(saveNotebook({ target, sandboxId, path, text, expected }))).version,
      language,
    })
    const runner = new CellRunner(model, {
      start: async (contextId, code) => (await unwrapAction(startCell({ target, sandboxId, contextId, code }))).runId,
      watch: (contextId, runId, sink) => client.watchCell(target, { sandboxId, contextId, runId }, sink),
      changed,
    })
    return { model, file, runner }
  })
  const { model, file, runner } = open

  useEffect(() => {
    void file.open().then(() => runner.attach())
    const leave = () => file.flush()
    addEventListener('pagehide', leave)
    return () => {
      removeEventListener('pagehide', leave)
      runner.close()
      file.close()
    }
  }, [file, runner])

  const state = useSyncExternalStore(model.subscribe, model.getState, model.getState)
  const status = useSyncExternalStore(file.subscribe, file.getStatus, file.getStatus)
  return { ...open, state, status }
}
