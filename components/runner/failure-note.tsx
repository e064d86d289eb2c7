'use client'
import { OutsideText } from '@/components/ui/outside-text'
import type { SourceFailure } from './source-frames'

/** Where a run failed, with buttons that lead to the lines of its code. The lines in the output are links as well. */
export function FailureNote({ failure, onLine }: { failure: SourceFailure; onLine: (line: number) => void }) {
  const { line, callers, message } = failure
  return (
    <p className="tone-fail shrink-0 border-b border-line bg-raised px-3 py-1.5 text-body text-ink-2">
      {message !== '' && (
        <span className="mr-1 font-mono text-label text-tone">
          <OutsideText text={message} />
        </span>
      )}
      at <LineButton line={line} onLine={onLine} />
      {callers.length > 0 && ', reached from '}
      {callers.map((caller, index) => (
        <span key={caller}>
          {index > 0 && ', '}
          <LineButton line={caller} onLine={onLine} />
        </span>
      ))}
    </p>
  )
}

function LineButton({ line, onLine }: { line: number; onLine: (line: number) => void }) {
  return (
    <button
      type="button"
      onClick={() => onLine(line)}
      className="rounded-chip text-accent underline underline-offset-2 hover:text-ink pointer-coarse:min-h-11"
    >
      line {line}
    </button>
  )
}
