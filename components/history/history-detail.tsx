'use client'
import { useQuery } from '@tanstack/react-query'
import { ArrowLeft, ExternalLink, GitCompare, Pencil, Pin, PinOff, RotateCw, Trash2, X } from 'lucide-react'
import Link from 'next/link'
import { type FormEvent, useState } from 'react'
import { entryRequest, rerunProblem } from '@/components/execution/history-request'
import { WhyEnded } from '@/components/execution/why-ended'
import { useHotkey } from '@/components/keys/hotkeys'
import { useNavigate } from '@/components/live/navigation-guard'
import { sandboxAddress } from '@/components/target/addresses'
import { useTarget } from '@/components/target/target-provider'
import { Button, IconButton } from '@/components/ui/button'
import { ConfirmPopover } from '@/components/ui/confirm-popover'
import { CopyButton } from '@/components/ui/copy-button'
import { ErrorState } from '@/components/ui/error-state'
import { Field, Select, TextInput } from '@/components/ui/field'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import { Pane, PaneBody, PaneHeader } from '@/components/ui/pane'
import { formatBytes, formatDuration } from '@/components/ui/quantity'
import { SkeletonRows } from '@/components/ui/skeleton'
import { StateChip } from '@/components/ui/state-chip'
import { visibleText } from '@/lib/display/visible-text'
import { hasEnded } from '@/lib/process-api/has-ended'
import type { HistoryDetail as Detail } from '@/lib/process-api/history'
import { toCallFailure } from '@/lib/queries/call-failure'
import { historyEntryQuery } from '@/lib/queries/history'
import { sandboxesQuery } from '@/lib/queries/reads'
import { entryDisplay, entryHref, entryKind, entryTitle } from './history-display'
import { useAnnotateEntry, useRemoveEntry, useRunAgain } from './history-mutations'

/** An entry of the history: why it ended, what it ran, and the end of what it printed. */
export function HistoryDetail({
  entryId,
  onClose,
  onCompare,
}: {
  entryId: number
  onClose: () => void
  /** Compares the entry with another one; null while there is no other. */
  onCompare: (() => void) | null
}) {
  const target = useTarget()
  const { data: entry, error, refetch } = useQuery(historyEntryQuery(target, entryId))
  return (
    <Pane label="Entry">
      <PaneHeader
        title={entry ? entryTitle(entry) : 'Entry'}
        mono
        chip={entry && <StateChip display={entryDisplay(entry)} age />}
        actions={
          <>
            {entry && <Actions entry={entry} onCompare={onCompare} onRemoved={onClose} />}
            <IconButton
              size="sm"
              label="Close the entry"
              hotkey="history.close"
              icon={<X strokeWidth={1.5} className="max-lg:hidden" />}
              className="max-lg:hidden"
              onClick={onClose}
            />
          </>
        }
      />
      <PaneBody>
        <div className="border-b border-line p-2 lg:hidden">
          <Button variant="ghost" icon={<ArrowLeft strokeWidth={1.5} />} onClick={onClose}>
            All entries
          </Button>
        </div>
        {!entry && !error && <SkeletonRows rows={6} label="Loading the entry" />}
        {!entry && error && <ErrorState failure={toCallFailure(error)} onRetry={() => refetch()} />}
        {entry && <Content key={entry.id} entry={entry} />}
      </PaneBody>
    </Pane>
  )
}

function Actions({
  entry,
  onCompare,
  onRemoved,
}: {
  entry: Detail
  onCompare: (() => void) | null
  onRemoved: () => void
}) {
  const annotate = useAnnotateEntry(entry.id)
  const removal = useRemoveEntry(entry.id)
  const pin = () => annotate.mutate({ pinned: !entry.pinned })
  useHotkey('history.pin', pin)
  useHotkey('history.compare', () => onCompare?.(), onCompare !== null)
  return (
    <>
      <IconButton
        size="sm"
        label={entry.pinned ? 'Unpin' : 'Pin'}
        hotkey="history.pin"
        icon={entry.pinned ? <PinOff strokeWidth={1.5} /> : <Pin strokeWidth={1.5} />}
        onClick={pin}
      />
      {onCompare && (
        <IconButton
          size="sm"
          label="Compare with another entry"
          hotkey="history.compare"
          icon={<GitCompare strokeWidth={1.5} />}
          onClick={onCompare}
        />
      )}
      {hasEnded(entry.state) && (
        <ConfirmPopover
          title="Remove this entry?"
          confirm="Remove entry"
          trigger={<IconButton size="sm" label="Remove from the history" icon={<Trash2 strokeWidth={1.5} />} />}
          onConfirm={async () => {
            await removal.mutateAsync()
            onRemoved()
          }}
          error={removal.error && toCallFailure(removal.error).message}
        >
          The entry is removed from the history. If the sandbox still has the execution, the entry comes back the next
          time the console reads what the sandbox has.
        </ConfirmPopover>
      )}
    </>
  )
}

const sectionTitle = 'text-label font-medium text-ink-2'

function Content({ entry }: { entry: Detail }) {
  const href = entryHref(entry)
  return (
    <div className="flex flex-col gap-4 p-3">
      {hasEnded(entry.state) && (
        <WhyEnded execution={entry} language={entry.language} stderrEnd={entry.stderrEnd || (entry.outputEnd ?? '')} />
      )}
      <RunAgain entry={entry} />
      <section className="flex flex-col gap-1" aria-label="End of the output">
        <h3 className={sectionTitle}>
          End of the output <span className="font-normal text-ink-3">· {formatBytes(entry.outputBytes)} in all</span>
        </h3>
        {entry.outputEnd ? (
          <Text text={entry.outputEnd} />
        ) : (
          <p className="text-body text-ink-3">
            {!hasEnded(entry.state)
              ? 'Stored when it has ended.'
              : entry.outputBytes === 0
                ? 'It printed nothing.'
                : 'Its output was not stored.'}
          </p>
        )}
        {href && (
          <Link href={href} className="inline-flex items-center gap-1 self-start text-body text-accent hover:underline">
            <ExternalLink aria-hidden="true" size={14} strokeWidth={1.5} />
            {entry.kind === 'cell' ? 'Open the interpreter' : 'Open all of it'}
          </Link>
        )}
      </section>
      <section className="flex flex-col gap-1" aria-label="Code">
        <div className="flex items-center justify-between">
          <h3 className={sectionTitle}>{entry.language === 'shell' ? 'Command' : 'Code'}</h3>
          <CopyButton text={entry.text} label="Copy the code" />
        </div>
        <Text text={entry.text} />
        {entry.textTruncated && <p className="text-label text-ink-3">Only the beginning was stored.</p>}
      </section>
      <Facts entry={entry} />
      <Notes entry={entry} />
    </div>
  )
}

/** The pane scrolls, so that the text needs no scroll bar of its own. */
function Text({ text }: { text: string }) {
  return (
    <pre className="rounded-control border border-line bg-term p-2 font-mono text-label whitespace-pre-wrap text-ink [overflow-wrap:anywhere]">
      <OutsideText text={text} lines />
    </pre>
  )
}

function RunAgain({ entry }: { entry: Detail }) {
  const target = useTarget()
  const go = useNavigate()
  const { data: sandboxes } = useQuery(sandboxesQuery(target))
  const running = (sandboxes ?? []).filter((sandbox) => sandbox.state === 'started')
  const own = running.find((sandbox) => sandbox.id === entry.sandboxId)
  const [chosen, setChosen] = useState<string | null>(null)
  const sandboxId = chosen ?? own?.id ?? running[0]?.id ?? null
  const again = useRunAgain(sandboxId ?? '')
  const problem = rerunProblem(entry)
  const request = entryRequest(entry)
  const rerun = () => {
    if (request === null || sandboxId === null || again.isPending) return
    again.mutate(request, { onSuccess: ({ runId }) => go(sandboxAddress(target, sandboxId, 'run', runId)) })
  }
  const edit = () => {
    if (sandboxId !== null) go(`${sandboxAddress(target, sandboxId, 'run')}?entry=${entry.id}`)
  }
  useHotkey('history.again', rerun, request !== null && sandboxId !== null)
  useHotkey('history.edit', edit, sandboxId !== null)
  if (sandboxes && sandboxId === null) {
    return <p className="text-body text-ink-3">To run this again, start a sandbox or create one.</p>
  }
  return (
    <section aria-label="Run again" className="flex flex-col gap-1.5">
      <div className="flex flex-wrap items-center gap-2">
        <Button
          icon={<RotateCw strokeWidth={1.5} />}
          hotkey="history.again"
          disabled={request === null}
          busy={again.isPending}
          onClick={rerun}
        >
          Run again
        </Button>
        <Button icon={<Pencil strokeWidth={1.5} />} hotkey="history.edit" onClick={edit}>
          Edit and run
        </Button>
        {running.length > 0 && (
          <Select
            small
            aria-label="Sandbox to run it in"
            className="max-w-48"
            value={sandboxId ?? ''}
            onChange={(event) => setChosen(event.target.value)}
          >
            {running.map((sandbox) => (
              <option key={sandbox.id} value={sandbox.id}>
                in {visibleText(sandbox.name)}
              </option>
            ))}
          </Select>
        )}
      </div>
      {problem && <p className="text-label text-ink-3">{problem}</p>}
      {again.error && <ErrorState compact failure={toCallFailure(again.error)} />}
    </section>
  )
}

function Facts({ entry }: { entry: Detail }) {
  const labels = Object.entries(entry.labels).map(([name, value]) => `${name}=${value}`)
  const facts: [string, React.ReactNode][] = [
    ['Kind', entryKind(entry)],
    ['Sandbox', `${entry.sandboxName}${entry.sandboxDeleted ? ' (deleted)' : ''}`],
    ['Session', entry.kind === 'command' && entry.parentId],
    ['Context', entry.kind === 'cell' && entry.parentId],
    ['Labels', labels.join(', ')],
    ['Started', entry.startedAt && <LocalTime iso={entry.startedAt} />],
    ['Ended', entry.endedAt && <LocalTime iso={entry.endedAt} />],
    ['Duration', entry.durationMs !== null && formatDuration(entry.durationMs)],
    ['Timeout', entry.timeoutSeconds !== null && `${entry.timeoutSeconds} s`],
    ['Folder', entry.cwd],
    ['Arguments', entry.argv.join(' ')],
    ['Environment', entry.envNames.join(', ')],
    ['Started by', entry.origin === 'api' && 'an API call'],
  ]
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-label">
      {facts.map(
        ([name, value]) =>
          value && (
            <div key={name} className="contents">
              <dt className="text-ink-3">{name}</dt>
              <dd className="text-ink-2 [overflow-wrap:anywhere]">
                {typeof value === 'string' ? <OutsideText text={value} /> : value}
              </dd>
            </div>
          ),
      )}
    </dl>
  )
}

function Notes({ entry }: { entry: Detail }) {
  const annotate = useAnnotateEntry(entry.id)
  const [name, setName] = useState(entry.name)
  const [tags, setTags] = useState(entry.tags.join(' '))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    annotate.mutate({ name, tags: tags.split(/[\s,]+/).filter(Boolean) })
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-2">
      <div className="grid grid-cols-2 gap-2 max-sm:grid-cols-1">
        <Field label="Name" optional>
          {(slot) => (
            <TextInput {...slot} value={name} maxLength={100} onChange={(event) => setName(event.target.value)} />
          )}
        </Field>
        <Field label="Tags" optional>
          {(slot) => (
            <TextInput
              {...slot}
              value={tags}
              placeholder="separated by spaces"
              onChange={(event) => setTags(event.target.value)}
            />
          )}
        </Field>
      </div>
      <div className="flex items-center gap-2">
        <Button type="submit" busy={annotate.isPending}>
          Save
        </Button>
        <span role="status" className="text-label text-ink-3">
          {annotate.isSuccess && 'Saved'}
        </span>
      </div>
      {annotate.error && <ErrorState compact failure={toCallFailure(annotate.error)} />}
    </form>
  )
}
