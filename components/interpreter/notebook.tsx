'use client'
import { useQuery } from '@tanstack/react-query'
import { Plus } from 'lucide-react'
import { useRef, useState } from 'react'
import type { CellEditorHandle } from '@/components/editor/cell-editor'
import { useHotkey } from '@/components/keys/hotkeys'
import { useNavigate } from '@/components/live/navigation-guard'
import { useStartRun } from '@/components/runner/run-mutations'
import { sandboxAddress } from '@/components/target/addresses'
import { useTarget } from '@/components/target/target-provider'
import { useCapabilities } from '@/components/target/use-capabilities'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { OutsideText } from '@/components/ui/outside-text'
import { SkeletonRows } from '@/components/ui/skeleton'
import type { CodeLanguage } from '@/lib/process-api/process'
import { toCallFailure } from '@/lib/queries/call-failure'
import { contextsQuery } from '@/lib/queries/reads'
import { isBusy } from './cell'
import { type CellActions, CellView } from './cell-view'
import { ContextBar } from './context-bar'
import { FileLabel, FileNote } from './file-note'
import { useInterruptContext } from './interpreter-mutations'
import { download, importCells } from './transfer'
import { useNotebook } from './use-notebook'
import { VariablesPanel } from './variables-panel'

/** A notebook of a sandbox: its cells run in one context at a time. */
export function Notebook({
  sandboxId,
  path,
  contextId,
}: {
  sandboxId: string
  path: string
  contextId: string | null
}) {
  const target = useTarget()
  const { interpreter } = useCapabilities(sandboxId)
  const { data: contexts = [], error, refetch } = useQuery(contextsQuery(target, sandboxId))
  const context = contexts.find(({ id }) => id === (contextId ?? 'default')) ?? contexts[0]
  const language = useRef('python')
  language.current = context?.language ?? 'python'
  const notebook = useNotebook(sandboxId, path, () => language.current)
  const { model, file, runner, state, status, runs } = notebook
  const { cells } = state
  const [selected, setSelected] = useState<string | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const editors = useRef(new Map<string, CellEditorHandle>())
  /** The cell that gets the focus when it has an editor. */
  const awaited = useRef<string | null>(null)
  const interrupt = useInterruptContext(sandboxId)
  const run = useStartRun(sandboxId)
  const go = useNavigate()
  const disabled = context === undefined
  const runIn = context?.id ?? 'default'
  const busy = cells.some(isBusy)

  const focus = (id: string | undefined) => {
    if (id === undefined) return
    // A new cell has no editor yet.
    awaited.current = editors.current.has(id) ? null : id
    editors.current.get(id)?.focus()
    requestAnimationFrame(() => document.querySelector(`[data-cell="${id}"]`)?.scrollIntoView({ block: 'nearest' }))
  }
  const current = () => {
    const focused = document.activeElement?.closest('[data-cell]')?.getAttribute('data-cell')
    return focused ?? selected ?? cells[0]?.id ?? null
  }
  const stop = () => {
    runner.cancelQueue()
    interrupt.mutate(runIn)
  }
  const runAlone = (code: string) =>
    run.mutate(
      { kind: 'code', language: editorLanguage(context?.language), code },
      { onSuccess: ({ runId }) => go(sandboxAddress(target, sandboxId, 'run', runId)) },
    )
  const latest = useRef({ runIn, stop, runAlone })
  latest.current = { runIn, stop, runAlone }
  const [actions] = useState<CellActions>(() => ({
    run: (id) => runner.run([id], latest.current.runIn),
    runAbove: (id) =>
      runner.run(
        model
          .getState()
          .cells.slice(0, model.indexOf(id))
          .map((cell) => cell.id),
        latest.current.runIn,
      ),
    interrupt: () => latest.current.stop(),
    change: (id, source) => model.update(id, { source }),
    select: setSelected,
    leave: (id, by) => editors.current.get(model.getState().cells[model.indexOf(id) + by]?.id ?? '')?.focus(),
    remove: (id) => model.remove(id),
    move: (id, by) => model.move(id, by),
    insertBelow: (id) => focus(model.insert(model.indexOf(id) + 1)),
    clear: (id) => model.update(id, { outputs: [], executionCount: null, run: null }),
    toggleKind: (id) => {
      const kind = model.find(id)?.kind === 'code' ? 'markdown' : 'code'
      model.update(id, { kind, outputs: [], executionCount: null, run: null })
    },
    runAlone: (id) => latest.current.runAlone(model.find(id)?.source ?? ''),
    showLine: (id, line) => editors.current.get(id)?.showLine(line),
    register: (id, editor) => {
      if (editor) editors.current.set(id, editor)
      else editors.current.delete(id)
      if (editor === null || awaited.current !== id) return
      awaited.current = null
      editor.focus()
    },
  }))

  useHotkey('cell.run', () => {
    const id = current()
    if (id === null || disabled) return false
    runner.run([id], runIn)
  })
  useHotkey('cell.advance', (event) => {
    // Outside of cells the keys keep their own meaning.
    if (!(event.target instanceof Element) || event.target.closest('.cm-content') === null) return false
    const id = current()
    if (id === null || disabled) return false
    runner.run([id], runIn)
    const next = cells[model.indexOf(id) + 1]
    focus(next ? next.id : model.insert(cells.length))
  })
  useHotkey('cell.interrupt', stop, interpreter && busy)
  const runAll = () =>
    runner.run(
      cells.map(({ id }) => id),
      runIn,
    )
  useHotkey('notebook.runAll', runAll, !disabled && cells.length > 0)
  useHotkey('new.here', () => focus(model.insert(cells.length)))

  const exportAs = async (format: 'ipynb' | 'script') => {
    download(format === 'ipynb' ? await file.text() : null, { cells, language: language.current, path })
  }
  const importFile = async (chosen: File) => {
    const imported = await importCells(chosen)
    setProblem('message' in imported ? imported.message : null)
    if ('cells' in imported) model.append(imported.cells)
  }
  const loadError = error && toCallFailure(error)

  return (
    <section aria-label="Notebook" data-pane="" tabIndex={-1} className="flex min-h-0 flex-1 flex-col bg-surface">
      <ContextBar
        sandboxId={sandboxId}
        contexts={contexts}
        context={context}
        onContext={(id) => setSearch('context', id)}
        busy={busy}
        disabled={disabled}
        onRunAll={runAll}
        onInterrupt={stop}
        onRestarted={() => refetch()}
        onClear={() => model.clearOutputs()}
        path={path}
        onOpen={(next) => setSearch('file', next)}
        onExport={(format) => void exportAs(format)}
        onImport={(chosen) => void importFile(chosen)}
        file={<FileLabel path={path} status={status} />}
      />
      {!interpreter && (
        <p className="shrink-0 border-b border-line bg-raised px-3 py-1.5 text-label text-ink-2">
          On this target, cells print text only. Interrupting, input(), images, tables and the queue position are not
          available, and a cell is stopped after 10 minutes.
        </p>
      )}
      {contextId !== null && contexts.length > 0 && context?.id !== contextId && (
        <p role="status" className="shrink-0 border-b border-line bg-raised px-3 py-1.5 text-label text-ink-2">
          The context in the address no longer exists. Cells run in the default context.
        </p>
      )}
      {context?.detail?.lost && context.detail.state === 'new' && (
        <p role="status" className="shrink-0 border-b border-line bg-raised px-3 py-1.5 text-label text-ink-2">
          The variables of this context are lost: <OutsideText text={context.detail.lost.message} />.
        </p>
      )}
      <FileNote file={file} status={status} />
      {(problem ?? interrupt.error ?? run.error) && (
        <p role="alert" className="shrink-0 border-b border-line px-3 py-1.5 text-body text-fail">
          <OutsideText text={problem ?? toCallFailure(interrupt.error ?? run.error).message} />
        </p>
      )}
      {interrupt.data?.outcome === 'ignored' && busy && (
        <p role="status" className="shrink-0 border-b border-line bg-raised px-3 py-1.5 text-label text-ink-2">
          The code ignored the interrupt and still runs. Restart the context to end it.
        </p>
      )}
      {loadError && (
        <div className="border-b border-line p-2">
          <ErrorState compact failure={loadError} onRetry={() => refetch()} />
        </div>
      )}
      <div className="min-h-0 flex-1 overflow-auto">
        {status.kind === 'loading' ? (
          <SkeletonRows rows={4} label="Opening the notebook" />
        ) : status.kind === 'broken' ? null : (
          <>
            <ol aria-label="Cells">
              {cells.map((cell, index) => (
                <CellView
                  key={cell.id}
                  sandboxId={sandboxId}
                  target={target}
                  cell={cell}
                  position={index + 1}
                  selected={cell.id === selected}
                  language={editorLanguage(context?.language)}
                  disabled={disabled}
                  canInterrupt={interpreter}
                  actions={actions}
                />
              ))}
            </ol>
            <div className="p-2 pl-[7.5rem] max-sm:pl-2">
              <Button size="sm" icon={<Plus strokeWidth={1.5} />} onClick={() => focus(model.insert(cells.length))}>
                New cell
              </Button>
            </div>
          </>
        )}
      </div>
      <VariablesPanel sandboxId={sandboxId} context={context} busy={busy} runs={runs} />
    </section>
  )
}

function editorLanguage(language: string | undefined): CodeLanguage {
  return language === 'javascript' || language === 'typescript' ? language : 'python'
}

/** Change the address without a request for the page. */
function setSearch(name: string, value: string): void {
  const url = new URL(location.href)
  url.searchParams.set(name, value)
  history.replaceState(null, '', url)
}
