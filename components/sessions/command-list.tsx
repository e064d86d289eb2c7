'use client'
import { useState } from 'react'
import { sessionPath } from '@/components/target/session-location'
import { useTarget } from '@/components/target/target-provider'
import { Age } from '@/components/ui/age'
import { Button } from '@/components/ui/button'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import { formatDuration, ordinal } from '@/components/ui/quantity'
import { moveOverRows, RowLink } from '@/components/ui/row-link'
import { StateChip } from '@/components/ui/state-chip'
import { executionDisplay } from '@/components/ui/state-display'
import { UnverifiedMark } from '@/components/ui/unverified'
import { visibleText } from '@/lib/display/visible-text'
import type { Execution } from '@/lib/process-api/execution'
import type { CommandDetail } from '@/lib/process-api/process'

const step = 200

/** The commands of one session, newest first. Long lists show the newest ones and load more on request. */
export function CommandList({
  sandboxId,
  sessionId,
  commands,
  selected,
  onSelect,
}: {
  sandboxId: string
  sessionId: string
  /** In the order in which they were sent. */
  commands: readonly CommandDetail[]
  selected: string | null
  onSelect: (commandId: string) => void
}) {
  const target = useTarget()
  const [count, setCount] = useState(step)
  const newestFirst = [...commands].reverse()
  const queue = commands.filter((command) => command.state === 'queued')
  return (
    <>
      <ul aria-label={visibleText(`Commands in ${sessionId}`)} onKeyDown={moveOverRows}>
        {newestFirst.slice(0, count).map((command) => (
          <li key={command.id}>
            <RowLink
              href={sessionPath(target, sandboxId, { sessionId, commandId: command.id })}
              selected={command.id === selected}
              onSelect={() => onSelect(command.id)}
            >
              <CommandRow command={command} queuePosition={queue.indexOf(command) + 1} />
            </RowLink>
          </li>
        ))}
      </ul>
      {newestFirst.length > count && (
        <div className="p-2">
          <Button size="sm" onClick={() => setCount(count + step)}>
            Show older commands · {newestFirst.length - count}
          </Button>
        </div>
      )}
    </>
  )
}

function CommandRow({ command, queuePosition }: { command: CommandDetail; queuePosition: number }) {
  return (
    <>
      <span className="block truncate font-mono text-body" title={visibleText(command.command, { lines: true })}>
        <OutsideText text={firstLine(command.command)} />
      </span>
      <span className="mt-0.5 flex items-center gap-2 text-label text-ink-3">
        <StateChip display={executionDisplay(toExecution(command))} />
        {/* Items that do not fit are hidden completely: they wrap into a line that is clipped. */}
        <span className="flex h-4 min-w-0 flex-wrap gap-x-1 overflow-hidden tabular-nums [&>*+*]:before:content-['·_']">
          <CommandTimes command={command} queuePosition={queuePosition} />
          {command.survivors.length > 0 && <span className="text-time">{command.survivors.length} still running</span>}
          {command.mode === 'wait' && <span>no input</span>}
          {command.commandTruncated && <span>first 4 KiB shown</span>}
          <UnverifiedMark verified={command.verified} unverifiedReason={command.unverifiedReason} />
        </span>
      </span>
    </>
  )
}

/** @param queuePosition from 1; 0 when the command is not queued */
function CommandTimes({ command, queuePosition }: { command: CommandDetail; queuePosition: number }) {
  if (command.state === 'queued')
    return <span>{queuePosition === 1 ? 'next in queue' : `${ordinal(queuePosition)} in queue`}</span>
  if (command.startedAt === null) {
    return command.durationMs === null ? null : <span>{formatDuration(command.durationMs)}</span>
  }
  return (
    <span>
      <LocalTime iso={command.startedAt} />
      {' · '}
      {command.state === 'running' ? (
        <Age since={command.startedAt} />
      ) : command.durationMs === null ? (
        'unknown'
      ) : (
        formatDuration(command.durationMs)
      )}
    </span>
  )
}

function firstLine(command: string): string {
  const lines = command.split('\n').filter((line) => line.trim() !== '')
  return lines.length > 1 ? `${lines[0]} …` : (lines[0] ?? command)
}

/** A command as an execution: its wire format omits the exit code where an execution has null. */
export function toExecution(command: CommandDetail): Execution {
  return { ...command, exitCode: command.exitCode ?? null }
}
