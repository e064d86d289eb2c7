'use client'
import { BookOpen, Play } from 'lucide-react'
import dynamic from 'next/dynamic'
import type { LineMark } from '@/components/editor/line-mark'
import { modeNames, modes, parseMode } from '@/components/execution/draft'
import { buildRequest, type DraftProblems } from '@/components/execution/run-request'
import { useCapabilities } from '@/components/target/use-capabilities'
import { Button, IconButton } from '@/components/ui/button'
import { Select } from '@/components/ui/field'
import { Menu, MenuItem } from '@/components/ui/menu'
import { Pane } from '@/components/ui/pane'
import { CallMenu } from './call-menu'
import { RunOptions } from './run-options'
import { samplesOf } from './samples'
import type { DraftState } from './use-draft'

const CodeEditor = dynamic(() => import('@/components/editor/code-editor'), {
  ssr: false,
  loading: () => <div className="h-full bg-term" />,
})

/** The next run: language, options, code. */
export function EditorPane({
  sandboxId,
  sandboxLanguage,
  state,
  problems,
  starting,
  disabled,
  mark,
  shown,
  onRun,
  onRunInSession,
}: {
  sandboxId: string
  sandboxLanguage: string
  state: DraftState
  problems: DraftProblems
  starting: boolean
  /** Why nothing can run now, or null. */
  disabled: string | null
  /** The line where the run failed. */
  mark: LineMark | null
  /** A line to select. */
  shown: { line: number } | null
  onRun: () => void
  /** For targets whose runs cannot stream; null where they can. */
  onRunInSession: (() => void) | null
}) {
  const { mode, draft, saved } = state
  const { runs: supportsRuns, input: supportsInput } = useCapabilities(sandboxId)
  const built = buildRequest(mode, draft)
  return (
    <Pane label="Editor">
      <header className="flex min-h-8 shrink-0 items-center gap-2 border-b border-line bg-surface px-3 py-1">
        <h2 className="sr-only">Code</h2>
        <Select
          small
          aria-label="Language"
          value={mode}
          onChange={(event) => {
            const next = parseMode(event.target.value)
            if (next) state.setMode(next)
          }}
        >
          {modes.map((one) => (
            <option key={one} value={one}>
              {modeNames[one]}
            </option>
          ))}
        </Select>
        {!saved && <p className="text-label text-time">Too large to save in this browser.</p>}
        <div className="ml-auto flex items-center gap-1.5">
          <Menu
            label="Samples"
            trigger={<IconButton size="sm" label="Samples" icon={<BookOpen strokeWidth={1.5} />} />}
          >
            {samplesOf(mode).map((sample) => (
              <MenuItem
                key={sample.name}
                onSelect={() => state.change({ text: sample.text, arguments: sample.arguments })}
              >
                {sample.label}
              </MenuItem>
            ))}
          </Menu>
          <CallMenu sandboxId={sandboxId} sandboxLanguage={sandboxLanguage} request={built.ok ? built.request : null} />
          {onRunInSession && (
            <Button
              size="sm"
              disabled={disabled !== null || starting}
              title={disabled ?? 'Runs it in a session, where the output is live and questions can be answered'}
              onClick={onRunInSession}
            >
              Run in a session
            </Button>
          )}
          <Button
            size="sm"
            variant="primary"
            hotkey="run.start"
            icon={<Play strokeWidth={1.5} />}
            busy={starting}
            disabled={disabled !== null}
            title={disabled ?? undefined}
            onClick={onRun}
          >
            Run
          </Button>
        </div>
      </header>
      <RunOptions
        mode={mode}
        hasCwd={mode === 'shell' || supportsRuns}
        hasInput={supportsRuns && supportsInput}
        draft={draft}
        problems={problems}
        onChange={state.change}
      />
      <div className="min-h-0 flex-1">
        <CodeEditor
          key={mode}
          value={draft.text}
          language={mode}
          label={mode === 'shell' ? 'Shell command' : `${modeNames[mode]} code`}
          hint={mode === 'shell' ? 'A shell command or script' : `${modeNames[mode]} code`}
          mark={mark}
          shown={shown}
          onChange={(text) => state.change({ text })}
        />
      </div>
    </Pane>
  )
}
