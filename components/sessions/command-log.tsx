'use client'
import { Square } from 'lucide-react'
import { useState } from 'react'
import { InputLine } from '@/components/execution/input-line'
import { useSendInput, useSignalCommand, useStopCommand } from '@/components/execution/session-mutations'
import { Survivors } from '@/components/execution/survivors'
import { WhyEnded } from '@/components/execution/why-ended'
import { useHotkey } from '@/components/keys/hotkeys'
import { LogPane } from '@/components/log-pane/log-pane'
import { useTarget } from '@/components/target/target-provider'
import { useCapabilities } from '@/components/target/use-capabilities'
import { Button } from '@/components/ui/button'
import { ErrorState } from '@/components/ui/error-state'
import { LocalTime } from '@/components/ui/local-time'
import { Pane } from '@/components/ui/pane'
import { formatDuration } from '@/components/ui/quantity'
import { UnverifiedNote } from '@/components/ui/unverified'
import { hasEnded } from '@/lib/process-api/has-ended'
import type { CommandDetail } from '@/lib/process-api/process'
import { toCallFailure } from '@/lib/queries/call-failure'
import { toExecution } from './command-list'

/** Enough of the output to see which command the shell did not find. */
const maxEvidenceLength = 4_096

/** The log of one command, with its input line while it runs, and the processes that it left running afterwards. */
export function CommandLog({
  sandboxId,
  sessionId,
  command,
}: {
  sandboxId: string
  sessionId: string
  command: CommandDetail
}) {
  const target = useTarget()
  const stop = useStopCommand(sandboxId, sessionId)
  const { signals } = useCapabilities(sandboxId)
  const ended = hasEnded(command.state)
  const stopCommand = () => {
    if (!stop.isPending) stop.mutate(command.id)
  }
  useHotkey('run.stop', stopCommand, !ended && signals)
  const [outputEnd, setOutputEnd] = useState<{ commandId: string; text: string } | null>(null)
  return (
    <Pane label={`Log of ${command.command}`}>
      <LogPane
        key={command.id}
        target={target}
        journal={{ kind: 'command', sandboxId, sessionId, commandId: command.id }}
        execution={toExecution(command)}
        title={command.command}
        onOutput={(text) => setOutputEnd({ commandId: command.id, text: text.slice(-maxEvidenceLength) })}
        actions={
          !ended &&
          signals && (
            <Button
              size="sm"
              variant="danger"
              icon={<Square strokeWidth={1.5} />}
              busy={stop.isPending}
              onClick={stopCommand}
            >
              Stop
            </Button>
          )
        }
        notes={
          <>
            {stop.error && (
              <div className="shrink-0 border-b border-line p-2">
                <ErrorState compact failure={toCallFailure(stop.error)} />
              </div>
            )}
            <UnverifiedNote verified={command.verified} unverifiedReason={command.unverifiedReason} />
            <WhyEnded
              execution={{ ...toExecution(command), timeoutSeconds: null }}
              language="shell"
              stderrEnd={outputEnd?.commandId === command.id ? outputEnd.text : ''}
              className="shrink-0 border-b border-line bg-raised px-3 py-1.5"
            />
            {ended && <Survivors executionId={command.id} survivors={command.survivors} stop={stop} />}
          </>
        }
        foot={
          ended ? (
            <Facts command={command} />
          ) : command.state === 'queued' ? (
            <p className="py-1.5 text-label text-ink-3">You can send input once the command starts.</p>
          ) : (
            <CommandInputLine key={command.id} sandboxId={sandboxId} sessionId={sessionId} command={command} />
          )
        }
      />
    </Pane>
  )
}

function CommandInputLine({
  sandboxId,
  sessionId,
  command,
}: {
  sandboxId: string
  sessionId: string
  command: CommandDetail
}) {
  const input = useSendInput(sandboxId, sessionId, command.id)
  const signal = useSignalCommand(sandboxId, sessionId, command.id)
  return (
    <InputLine
      sandboxId={sandboxId}
      what="command"
      open={command.stdinOpen}
      waiting={command.waitingForInput === true}
      onSend={input.mutateAsync}
      onInterrupt={() => signal.mutate('SIGINT')}
      error={input.error ?? signal.error}
    />
  )
}

function Facts({ command }: { command: CommandDetail }) {
  return (
    <p className="min-w-0 flex-1 truncate font-mono text-meta text-ink-3">
      {command.startedAt && (
        <>
          started <LocalTime iso={command.startedAt} />
          {' · '}
        </>
      )}
      {command.durationMs !== null && `took ${formatDuration(command.durationMs)} · `}
      {command.mode === 'wait' ? 'without input' : 'with input'}
    </p>
  )
}
