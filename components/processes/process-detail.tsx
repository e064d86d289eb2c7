'use client'
import { ChevronDown, Skull, X } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { Button, IconButton } from '@/components/ui/button'
import { ConfirmPopover } from '@/components/ui/confirm-popover'
import { ErrorState } from '@/components/ui/error-state'
import { LocalTime } from '@/components/ui/local-time'
import { Menu, MenuItem } from '@/components/ui/menu'
import { OutsideText } from '@/components/ui/outside-text'
import { Pane, PaneBody, PaneHeader } from '@/components/ui/pane'
import { formatBytes, formatDuration } from '@/components/ui/quantity'
import { StateChip } from '@/components/ui/state-chip'
import { Switch } from '@/components/ui/switch'
import { counted } from '@/lib/display/counted'
import type { ProcessSignal, SandboxProcess } from '@/lib/process-api/process-tree'
import { toCallFailure } from '@/lib/queries/call-failure'
import { formatPercent, processDisplay } from './process-display'
import { useSignalProcess } from './process-mutations'
import { commandLine, isSystem, type ProcessRow } from './process-rows'
import { Owner } from './process-table'

/** Signals in the menu; Terminate and Kill have their own buttons. */
const others: readonly { signal: ProcessSignal; note: string }[] = [
  { signal: 'SIGINT', note: 'Interrupt, like Ctrl+C' },
  { signal: 'SIGHUP', note: 'Hang up; often reloads settings' },
  { signal: 'SIGQUIT', note: 'Quit, often with a core dump' },
  { signal: 'SIGSTOP', note: 'Pause' },
  { signal: 'SIGCONT', note: 'Resume' },
  { signal: 'SIGUSR1', note: 'Defined by the program' },
  { signal: 'SIGUSR2', note: 'Defined by the program' },
]

/** Details of one process, and the signals that can be sent to it. */
export function ProcessDetail({
  sandboxId,
  row,
  killing,
  onKilling,
  onClose,
}: {
  sandboxId: string
  row: ProcessRow
  /** Whether the Kill confirmation is open. */
  killing: boolean
  onKilling: (killing: boolean) => void
  onClose: () => void
}) {
  const { process } = row
  return (
    <Pane label={`Process ${process.pid}`}>
      <PaneHeader
        mono
        title={`${process.name} ${process.pid}`}
        chip={<StateChip display={processDisplay(process.state)} />}
        actions={<IconButton size="sm" label="Close" icon={<X strokeWidth={1.5} />} onClick={onClose} />}
      />
      <PaneBody>
        <pre className="max-h-40 overflow-auto border-b border-line bg-term px-3 py-2 text-label whitespace-pre-wrap text-ink">
          <OutsideText text={commandLine(process)} lines />
        </pre>
        <Facts sandboxId={sandboxId} process={process} />
        {isSystem(process) ? (
          <p className="px-3 py-2 text-label text-ink-3">System processes cannot be signalled.</p>
        ) : process.state === 'zombie' ? (
          <p className="px-3 py-2 text-label text-ink-3">Ended; waiting for its parent to reap it.</p>
        ) : (
          <Signals sandboxId={sandboxId} row={row} killing={killing} onKilling={onKilling} />
        )}
      </PaneBody>
    </Pane>
  )
}

function Facts({ sandboxId, process }: { sandboxId: string; process: SandboxProcess }) {
  const { cpuPercent, cpuSeconds, memoryBytes, threads, user, startedAt, parentPid } = process
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 border-b border-line px-3 py-2 text-label">
      <Fact name="Owner">
        <Owner sandboxId={sandboxId} process={process} />
      </Fact>
      <Fact name="CPU">
        {formatPercent(cpuPercent)} now · {formatDuration(cpuSeconds * 1000)} total
      </Fact>
      <Fact name="Memory">{memoryBytes === null ? '–' : formatBytes(memoryBytes)}</Fact>
      <Fact name="Threads">{threads ?? '–'}</Fact>
      <Fact name="User">
        <OutsideText text={user ?? '–'} />
      </Fact>
      <Fact name="Started">{startedAt === null ? '–' : <LocalTime iso={startedAt} />}</Fact>
      <Fact name="Parent">{parentPid ?? '–'}</Fact>
    </dl>
  )
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-ink-3">{name}</dt>
      <dd className="min-w-0 truncate text-ink-2">{children}</dd>
    </>
  )
}

function Signals({
  sandboxId,
  row: { process, descendants },
  killing,
  onKilling,
}: {
  sandboxId: string
  row: ProcessRow
  killing: boolean
  onKilling: (killing: boolean) => void
}) {
  const [tree, setTree] = useState(true)
  const send = useSignalProcess(sandboxId)
  const withTree = tree && descendants > 0
  const order = (signal: ProcessSignal) => ({ process, signal, tree: withTree })
  const below = counted(descendants, 'process', 'processes')
  const failure = send.error && toCallFailure(send.error)
  return (
    <div className="flex flex-col gap-2 px-3 py-2">
      {descendants > 0 && <Switch checked={tree} onChange={setTree} label={`Include ${below} below it`} />}
      <div className="flex flex-wrap gap-2">
        <Button busy={send.isPending} onClick={() => send.mutate(order('SIGTERM'))}>
          Terminate
        </Button>
        <ConfirmPopover
          align="start"
          open={killing}
          onOpenChange={onKilling}
          trigger={
            <Button variant="danger" icon={<Skull strokeWidth={1.5} />}>
              Kill
            </Button>
          }
          title={withTree ? `Kill process ${process.pid} and ${below} below it?` : `Kill process ${process.pid}?`}
          confirm="Kill"
          onConfirm={() => send.mutateAsync(order('SIGKILL'))}
          error={failure?.message}
        >
          Ends immediately without cleanup.
        </ConfirmPopover>
        <Menu
          label="Other signals"
          align="start"
          trigger={
            <Button>
              Signal
              <ChevronDown aria-hidden="true" size={14} strokeWidth={1.5} />
            </Button>
          }
        >
          {others.map(({ signal, note }) => (
            <MenuItem key={signal} onSelect={() => send.mutate(order(signal))}>
              <span className="flex items-baseline justify-between gap-4">
                <span className="font-mono text-label">{signal}</span>
                <span className="text-label text-ink-3">{note}</span>
              </span>
            </MenuItem>
          ))}
        </Menu>
      </div>
      <p role="status" className="text-label text-ink-3">
        {send.data && sentWord(send.data.signal, send.data.signalled.length, send.data.gone)}
      </p>
      {failure && !killing && <ErrorState compact failure={failure} />}
    </div>
  )
}

function sentWord(signal: ProcessSignal, count: number, gone: boolean | null): string {
  if (gone === false) return `${signal} was sent, but a process is blocked in the kernel and has not ended yet.`
  return `${signal} was sent to ${counted(count, 'process', 'processes')}.`
}
