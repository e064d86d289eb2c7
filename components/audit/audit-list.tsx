'use client'
import { type RefObject, useCallback, useEffect } from 'react'
import { sandboxAddress } from '@/components/target/addresses'
import { classNames } from '@/components/ui/class-names'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import { formatDuration } from '@/components/ui/quantity'
import { moveOverRows } from '@/components/ui/row-link'
import { StateChip } from '@/components/ui/state-chip'
import type { StateDisplay } from '@/components/ui/state-display'
import { useMediaQuery } from '@/components/ui/use-media-query'
import { useVirtualRows } from '@/components/ui/use-virtual-rows'
import { visibleText } from '@/lib/display/visible-text'
import type { AuditActor, AuditEntry } from '@/lib/process-api/audit'
import { actionWords } from './action-words'

/** Rows from the end at which the next page is read. */
const loadAhead = 30

/** The entries, of which only the visible ones are rendered; further pages are read while scrolling. */
export function AuditList({
  entries,
  scroller,
  openSeq,
  onOpen,
  onEnd,
}: {
  entries: readonly AuditEntry[]
  scroller: RefObject<HTMLDivElement | null>
  /** Number of the entry whose details are shown below the list. */
  openSeq: number | null
  onOpen: (seq: number | null) => void
  /** Called when the end comes near; null if there are no more entries. */
  onEnd: (() => void) | null
}) {
  const phone = useMediaQuery('(max-width: 767px)')
  const coarse = useMediaQuery('(pointer: coarse)')
  const height = phone ? 52 : coarse ? 44 : 32
  const getItemKey = useCallback((index: number) => entries[index]?.seq ?? index, [entries])
  const { items, before, after } = useVirtualRows({ scroller, count: entries.length, height, getItemKey })
  const lastIndex = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (onEnd !== null && lastIndex >= entries.length - loadAhead) onEnd()
  }, [lastIndex, entries.length, onEnd])
  const open = entries.find(({ seq }) => seq === openSeq)
  return (
    <>
      <ul
        aria-label="Entries"
        style={{ paddingTop: before, paddingBottom: Math.max(0, after) }}
        onKeyDown={moveOverRows}
      >
        {items.map(({ index }) => {
          const entry = entries[index]
          return (
            entry && (
              <li key={entry.seq} aria-setsize={onEnd === null ? entries.length : -1} aria-posinset={index + 1}>
                <Row
                  entry={entry}
                  height={height}
                  phone={phone}
                  isOpen={entry.seq === openSeq}
                  onToggle={() => onOpen(entry.seq === openSeq ? null : entry.seq)}
                />
              </li>
            )
          )
        })}
      </ul>
      {open && <Details entry={open} />}
    </>
  )
}

function Row({
  entry,
  height,
  phone,
  isOpen,
  onToggle,
}: {
  entry: AuditEntry
  height: number
  phone: boolean
  isOpen: boolean
  onToggle: () => void
}) {
  return (
    <button
      type="button"
      data-row=""
      aria-expanded={isOpen}
      onClick={onToggle}
      style={{ height }}
      className={classNames(
        'focus-inset relative flex w-full items-center gap-x-3 border-b border-line px-3 text-left transition-colors',
        phone && 'flex-wrap content-center gap-y-0.5',
        isOpen
          ? 'bg-hover before:absolute before:inset-y-0 before:left-0 before:w-0.5 before:bg-accent'
          : 'hover:bg-hover',
      )}
    >
      <span className={classNames('shrink-0 text-label whitespace-nowrap text-ink-3 tabular-nums', !phone && 'w-28')}>
        <LocalTime iso={new Date(entry.at).toISOString()} />
      </span>
      <span className={classNames('truncate text-label', phone ? 'min-w-0 flex-1 basis-0' : 'w-40 shrink-0')}>
        <Actor actor={entry.actor} />
      </span>
      <span className={classNames('flex min-w-0 items-center gap-2', phone ? 'order-last w-full' : 'flex-1')}>
        <span className="shrink-0 text-label">
          <OutsideText text={actionWords(entry.action)} />
        </span>
        <span className="min-w-0 flex-1 truncate font-mono text-label text-ink-3">
          <OutsideText text={subjectLine(entry)} />
        </span>
      </span>
      {!phone && (
        <span className="w-20 shrink-0 truncate font-mono text-label text-ink-3 max-lg:hidden" title={entry.sandboxId}>
          <OutsideText text={entry.sandboxId.slice(0, 8)} />
        </span>
      )}
      {entry.result !== 'ok' && <StateChip display={resultDisplay(entry.result)} />}
    </button>
  )
}

function Actor({ actor }: { actor: AuditActor }) {
  return (
    <>
      <OutsideText text={actor.name} />
      {actor.role !== '' && actor.role !== actor.name.toLowerCase() && (
        <span className="text-ink-3"> · {visibleText(actor.role)}</span>
      )}
    </>
  )
}

/** All fields of an entry, below the list. */
function Details({ entry }: { entry: AuditEntry }) {
  return (
    <section
      aria-label={`Entry ${entry.seq}`}
      className="sticky bottom-0 max-h-[45vh] overflow-auto border-t border-line bg-raised px-4 py-3"
    >
      <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-4 gap-y-1 text-label">
        <Field name="Entry">{entry.seq.toLocaleString('en-US')}</Field>
        <Field name="Time">{new Date(entry.at).toISOString()}</Field>
        <Field name="Who">
          <OutsideText
            text={`${entry.actor.name} (${[entry.actor.kind, entry.actor.role].filter(Boolean).join(', ')})`}
          />
        </Field>
        {entry.address !== '' && (
          <Field name="Address">
            <OutsideText text={entry.address} />
          </Field>
        )}
        <Field name="Action">
          <span className="font-mono">
            <OutsideText text={entry.action} />
          </span>
        </Field>
        {entry.sandboxId !== '' && (
          <Field name="Sandbox">
            <a className="font-mono text-accent underline" href={sandboxAddress(entry.target, entry.sandboxId)}>
              <OutsideText text={entry.sandboxId} />
            </a>
          </Field>
        )}
        {Object.entries(entry.subject).map(([name, value]) => (
          <Field key={name} name={name}>
            <pre className="font-mono break-words whitespace-pre-wrap">
              <OutsideText lines text={typeof value === 'string' ? value : JSON.stringify(value)} />
            </pre>
          </Field>
        ))}
        <Field name="Result">
          <OutsideText text={entry.result} /> · {formatDuration(entry.durationMs)}
        </Field>
        <Field name="Hash">
          <span className="font-mono break-all">
            <OutsideText text={entry.hash} />
          </span>
        </Field>
      </dl>
    </section>
  )
}

function Field({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt className="text-ink-3">
        <OutsideText text={name} />
      </dt>
      <dd className="min-w-0">{children}</dd>
    </>
  )
}

/** The ids, paths and code of an entry in one line. */
function subjectLine({ subject }: AuditEntry): string {
  return Object.values(subject)
    .map((value) => (typeof value === 'string' ? value : JSON.stringify(value)))
    .join(' · ')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 300)
}

function resultDisplay(result: string): StateDisplay {
  const word = result.toLowerCase().replaceAll('_', ' ')
  return { glyph: 'failed', tone: 'fail', word }
}
