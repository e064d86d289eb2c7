'use client'
import { Download, FileText, FileUp, FolderOpen, Play, Plus, RotateCcw, Square, Trash2 } from 'lucide-react'
import { type ReactNode, useRef, useState } from 'react'
import { languageName } from '@/components/target/sandbox-language'
import { useCapabilities } from '@/components/target/use-capabilities'
import { Button, IconButton } from '@/components/ui/button'
import { ConfirmPopover } from '@/components/ui/confirm-popover'
import { Dialog, DialogActions } from '@/components/ui/dialog'
import { Field, Select, TextInput } from '@/components/ui/field'
import { Menu, MenuItem, MenuSeparator } from '@/components/ui/menu'
import { OutsideText } from '@/components/ui/outside-text'
import { StateChip } from '@/components/ui/state-chip'
import { visibleText } from '@/lib/display/visible-text'
import { toCallFailure } from '@/lib/queries/call-failure'
import type { ContextEntry } from '@/lib/queries/reads'
import { useCreateContext, useDeleteContext, useRestartContext } from './interpreter-mutations'

/** The context of the notebook, and the actions on the whole notebook. */
export function ContextBar({
  sandboxId,
  contexts,
  context,
  onContext,
  busy,
  disabled,
  onRunAll,
  onInterrupt,
  onRestarted,
  onClear,
  path,
  onOpen,
  onExport,
  onImport,
  file,
}: {
  sandboxId: string
  contexts: readonly ContextEntry[]
  context: ContextEntry | undefined
  onContext: (id: string) => void
  /** A cell of this page is running. */
  busy: boolean
  disabled: boolean
  onRunAll: () => void
  onInterrupt: () => void
  onRestarted: () => void
  onClear: () => void
  /** The file of the notebook. */
  path: string
  onOpen: (path: string) => void
  onExport: (format: 'ipynb' | 'script') => void
  onImport: (file: File) => void
  /** Name and state of the file. */
  file: ReactNode
}) {
  const { interpreter } = useCapabilities(sandboxId)
  const [isCreating, setCreating] = useState(false)
  const [isOpening, setOpening] = useState(false)
  const picker = useRef<HTMLInputElement>(null)
  const restart = useRestartContext(sandboxId)
  const remove = useDeleteContext(sandboxId)
  const failure = restart.error ?? remove.error
  const scriptType =
    context?.language === 'python' || context === undefined ? '.py' : context.language === 'typescript' ? '.ts' : '.js'
  return (
    <header className="flex min-h-9 shrink-0 flex-wrap items-center gap-1.5 border-b border-line bg-surface px-3 py-1">
      <h2 className="sr-only">Notebook</h2>
      <Select
        small
        aria-label="Context"
        className="max-w-72"
        value={context?.id ?? ''}
        onChange={(event) => onContext(event.target.value)}
      >
        {context === undefined && <option value="">default · python</option>}
        {contexts.map((one) => (
          <option key={one.id} value={one.id}>
            {contextName(one)}
          </option>
        ))}
      </Select>
      {context?.detail && <StateChip display={contextDisplay(context)} />}
      <IconButton size="sm" label="New context" icon={<Plus strokeWidth={1.5} />} onClick={() => setCreating(true)} />
      {context && context.id !== 'default' && (
        <ConfirmPopover
          title="Delete this context?"
          confirm="Delete context"
          trigger={<IconButton size="sm" label="Delete context" icon={<Trash2 strokeWidth={1.5} />} />}
          onConfirm={async () => {
            await remove.mutateAsync(context.id)
            onContext('default')
          }}
          error={remove.error && toCallFailure(remove.error).message}
        >
          Its variables will be lost and the running cell will be stopped. The notebook stays.
        </ConfirmPopover>
      )}
      <span className="mx-1 h-4 w-px bg-line" aria-hidden="true" />
      <Button size="sm" icon={<Play strokeWidth={1.5} />} disabled={disabled} onClick={onRunAll}>
        Run all
      </Button>
      {interpreter && (
        <Button
          size="sm"
          hotkey="cell.interrupt"
          icon={<Square strokeWidth={1.5} />}
          disabled={disabled || !(busy || context?.detail?.state === 'busy')}
          onClick={onInterrupt}
        >
          Interrupt
        </Button>
      )}
      {interpreter && context && (
        <ConfirmPopover
          title="Restart this context?"
          confirm="Restart"
          trigger={
            <Button size="sm" icon={<RotateCcw strokeWidth={1.5} />} disabled={disabled}>
              Restart
            </Button>
          }
          onConfirm={async () => {
            await restart.mutateAsync(context.id)
            onRestarted()
          }}
          error={restart.error && toCallFailure(restart.error).message}
        >
          Its variables will be lost and the running cell will be stopped. Outputs stay until you clear them.
        </ConfirmPopover>
      )}
      <Button size="sm" onClick={onClear}>
        Clear outputs
      </Button>
      <span className="ml-auto flex min-w-0 items-center gap-1.5">
        {file}
        <Menu
          label="File"
          trigger={
            <Button size="sm" icon={<FileText strokeWidth={1.5} />}>
              File
            </Button>
          }
        >
          <MenuItem icon={<FolderOpen strokeWidth={1.5} />} onSelect={() => setOpening(true)}>
            Open or create a notebook…
          </MenuItem>
          <MenuSeparator />
          <MenuItem icon={<Download strokeWidth={1.5} />} onSelect={() => onExport('ipynb')}>
            Download as .ipynb
          </MenuItem>
          <MenuItem icon={<Download strokeWidth={1.5} />} onSelect={() => onExport('script')}>
            Download as {scriptType}
          </MenuItem>
          <MenuSeparator />
          <MenuItem icon={<FileUp strokeWidth={1.5} />} onSelect={() => picker.current?.click()}>
            Import a notebook or script…
          </MenuItem>
        </Menu>
      </span>
      <input
        ref={picker}
        type="file"
        hidden
        aria-label="Notebook or script to import"
        accept=".ipynb,.py,.js,.ts"
        onChange={(event) => {
          const chosen = event.target.files?.[0]
          if (chosen) onImport(chosen)
          event.target.value = ''
        }}
      />
      {failure && (
        <p role="alert" className="basis-full text-label text-fail">
          <OutsideText text={toCallFailure(failure).message} />
        </p>
      )}
      {isOpening && <OpenDialog path={path} onClose={() => setOpening(false)} onOpen={onOpen} />}
      {isCreating && (
        <CreateContextDialog sandboxId={sandboxId} onClose={() => setCreating(false)} onCreated={onContext} />
      )}
    </header>
  )
}

function contextName({ id, language, cwd }: ContextEntry): string {
  const name = id === 'default' ? 'default' : id.slice(0, 8)
  return visibleText([name, language, cwd].filter(Boolean).join(' · '))
}

function contextDisplay({ detail }: ContextEntry) {
  if (detail?.question) return { glyph: 'waiting', tone: 'time', word: 'waiting for input' } as const
  if (detail?.state === 'busy') {
    const queued = detail.queuedRuns > 0 ? ` · ${detail.queuedRuns} queued` : ''
    return { glyph: 'running', tone: 'run', word: `busy${queued}` } as const
  }
  if (detail?.state === 'starting') return { glyph: 'starting', tone: 'run', word: 'starting' } as const
  if (detail?.state === 'new') return { glyph: 'idle', tone: 'off', word: 'not started' } as const
  return {
    glyph: 'idle',
    tone: 'off',
    word: detail?.version ? `idle · ${shortVersion(detail.version)}` : 'idle',
  } as const
}

function shortVersion(version: string): string {
  return /[\d.]+/.exec(version)?.[0] ?? version
}

function OpenDialog({ path, onClose, onOpen }: { path: string; onClose: () => void; onOpen: (path: string) => void }) {
  const [text, setText] = useState(path)
  const name = text.trim()
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="Open or create a notebook">
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault()
          if (name === '') return
          onOpen(name)
          onClose()
        }}
      >
        <Field label="File" hint="A path in the sandbox. A file that does not exist is created with the first change.">
          {(slot) => (
            <TextInput {...slot} mono autoFocus value={text} onChange={(event) => setText(event.target.value)} />
          )}
        </Field>
        <DialogActions>
          <Button size="lg" onClick={onClose}>
            Cancel
          </Button>
          <Button size="lg" type="submit" variant="primary" disabled={name === ''}>
            Open
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}

function CreateContextDialog({
  sandboxId,
  onClose,
  onCreated,
}: {
  sandboxId: string
  onClose: () => void
  onCreated: (id: string) => void
}) {
  const { interpreterLanguages } = useCapabilities(sandboxId)
  const [language, setLanguage] = useState('python')
  const [cwd, setCwd] = useState('')
  const create = useCreateContext(sandboxId)
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title="New context">
      <form
        className="flex flex-col gap-3"
        onSubmit={async (event) => {
          event.preventDefault()
          if (create.isPending) return
          const made = await create.mutateAsync({ language, cwd }).catch(() => null) // shown below
          if (made === null) return
          onCreated(made.contextId)
          onClose()
        }}
      >
        <Field label="Language">
          {(slot) => (
            <Select {...slot} value={language} onChange={(event) => setLanguage(event.target.value)}>
              {interpreterLanguages.map((one) => (
                <option key={one} value={one}>
                  {languageName(one)}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field
          label="Folder"
          optional
          hint="The working directory of the code. By default that of the sandbox."
          error={create.error && toCallFailure(create.error).message}
        >
          {(slot) => <TextInput {...slot} mono value={cwd} onChange={(event) => setCwd(event.target.value)} />}
        </Field>
        <DialogActions>
          <Button size="lg" onClick={onClose}>
            Cancel
          </Button>
          <Button size="lg" type="submit" variant="primary" busy={create.isPending}>
            Create
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
