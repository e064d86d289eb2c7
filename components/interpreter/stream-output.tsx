'use client'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { classNames } from '@/components/ui/class-names'
import { formatBytes } from '@/components/ui/quantity'
import { AnsiText } from './ansi-text'
import { type StreamText, shownText } from './stream-text'

/** Longer output shows this many lines of its beginning and its end. */
const maxLines = 60
const edgeLines = 25

/** Output of one stream. Long output shows its head and tail; the rest is one click away. */
export function StreamOutput({
  stream,
  text,
  downloadUrl,
}: {
  stream: 'stdout' | 'stderr'
  text: StreamText
  /** Address of the whole output; null where the console does not have it. */
  downloadUrl: string | null
}) {
  const [expanded, setExpanded] = useState(false)
  const { head, omitted, tail } = shownText(text)
  const first = lines(head)
  const last = lines(tail)
  const count = first.length + last.length
  const isLong = count > maxLines
  const top = isLong && !expanded ? first.slice(0, edgeLines) : first
  const bottom =
    isLong && !expanded ? (omitted > 0 || last.length > 0 ? last : first.slice(edgeLines)).slice(-edgeLines) : last
  const hidden = count - top.length - bottom.length
  return (
    <div
      className={classNames('font-mono text-body leading-[1.38]', stream === 'stderr' && 'border-l-2 border-fail pl-2')}
      data-stream={stream}
    >
      {stream === 'stderr' && <span className="sr-only">Standard error: </span>}
      <Lines texts={top} />
      {(hidden > 0 || omitted > 0 || (isLong && expanded)) && (
        <p className="flex flex-wrap items-center gap-2 py-1 font-sans text-label text-ink-3">
          {hidden > 0 && (
            <Button size="sm" onClick={() => setExpanded(true)}>
              Show {hidden} more lines
            </Button>
          )}
          {isLong && expanded && (
            <Button size="sm" onClick={() => setExpanded(false)}>
              Show less
            </Button>
          )}
          {omitted > 0 && <span>{formatBytes(omitted)} are not shown.</span>}
          {omitted > 0 && downloadUrl !== null && (
            <Button size="sm" asChild>
              <a href={downloadUrl}>Download all output</a>
            </Button>
          )}
        </p>
      )}
      <Lines texts={bottom} />
    </div>
  )
}

function Lines({ texts }: { texts: readonly string[] }) {
  if (texts.length === 0) return null
  return (
    <pre className="whitespace-pre-wrap text-ink [overflow-wrap:anywhere]">
      <AnsiText text={texts.join('\n')} />
    </pre>
  )
}

function lines(text: string): string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}
