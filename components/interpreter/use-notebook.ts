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

/** Time in which a tab that runs a cell has saved the notebook. */
const settleMs = 1_500

/** A notebook with its file and the runner of its cells; all are closed with the component. */
export function useNotebook(sandboxId: string, path: string, language: () => string) {
  const target = useTarget()
  const client = useLiveClient()
  const [runs, setRuns] = useState(0)
  const [open] = useState(() => {
    const model = new NotebookModel()
    const url = `${targetPath(target, 'sandboxes', sandboxId, 'notebook')}?${new URLSearchParams({ path })}`
    const file = new NotebookFile(model, {
      read: () => readJson<{ text: string; version: string } | null>(url),
      save: async (text, expected) =>
        (await unwrapAction(saveNotebook({ target, sandboxId, path, text, expected }))).version,
      language,
      loaded: () => runner.attach(),
    })
    const runner: CellRunner = new CellRunner(model, {
      start: async (contextId, code) => (await unwrapAction(startCell({ target, sandboxId, contextId, code }))).runId,
      watch: (contextId, runId, sink) => client.watchCell(target, { sandboxId, contextId, runId }, sink),
      ended: (attached) => {
        setRuns((count) => count + 1)
        // The tab that started the cell saves it, if it is still open.
        if (attached) setTimeout(() => void file.compare().then((it) => it === 'same' && model.touch()), settleMs)
      },
    })
    return { model, file, runner }
  })
  const { model, file, runner } = open

  useEffect(() => {
    void file.open()
    const leave = () => file.flush()
    addEventListener('pagehide', leave)
    return () => {
      removeEventListener('pagehide', leave)
      runner.close()
      file.close()
    }
  }, [file, runner])

  useEffect(() => {
    // Runs that this page does not know may belong to a newer version of the file.
    let timer: ReturnType<typeof setTimeout> | undefined
    const compareSoon = () => {
      clearTimeout(timer)
      timer = setTimeout(() => void file.compare(), settleMs)
    }
    const stop = client.watch(target, {
      event: (event) => {
        if (event.type === 'context-run' && event.sandboxId === sandboxId && !runner.knows(event.run.id)) compareSoon()
      },
      up: () => undefined,
      down: () => undefined,
    })
    addEventListener('focus', compareSoon)
    return () => {
      clearTimeout(timer)
      removeEventListener('focus', compareSoon)
      stop()
    }
  }, [client, target, sandboxId, file, runner])

  const state = useSyncExternalStore(model.subscribe, model.getState, model.getState)
  const status = useSyncExternalStore(file.subscribe, file.getStatus, file.getStatus)
  return { ...open, state, status, runs }
}
