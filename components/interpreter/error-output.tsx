'use client'
import { OutsideText } from '@/components/ui/outside-text'
import { counted } from '@/lib/display/counted'
import { AnsiText } from './ansi-text'
import { tracebackLines } from './traceback'

/** An exception: its name and message, and its traceback, whose lines lead to the code of the cell. */
export function ErrorOutput({
  name,
  value,
  traceback,
  source,
  onLine,
}: {
  name: string
  value: string
  traceback: string
  source: string
  onLine: (line: number) => void
}) {
  const lines = tracebackLines(traceback, source)
  const frames = lines.filter(({ text }) => /^\s*(File "|at )/.test(text)).length
  const last = lines.findLast(({ line }) => line !== null)?.line ?? null
  return (
    <div className="min-w-0 border-l-2 border-fail pl-2">
      <p className="font-mono text-body text-fail">
        <span className="font-medium">
          <OutsideText text={name} />
        </span>
        {value !== '' && (
          <>
            : <OutsideText text={value.slice(0, 2_000)} lines />
          </>
        )}
        {last !== null && (
          <>
            {' '}
            <LineLink line={last} onLine={onLine} />
          </>
        )}
      </p>
      {traceback.trim() !== '' && (
        <details className="text-label">
          <summary className="inline-block py-0.5 text-ink-2 hover:text-ink pointer-coarse:py-3">
            traceback{frames > 0 && ` (${counted(frames, 'frame')})`}
          </summary>
          <pre className="overflow-x-auto font-mono text-body whitespace-pre-wrap text-ink-2">
            {lines.map(({ text, line }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines of a traceback do not change
              <div key={index}>
                <AnsiText text={text} />
                {line !== null && (
                  <>
                    {' '}
                    <LineLink line={line} onLine={onLine} />
                  </>
                )}
              </div>
            ))}
          </pre>
        </details>
      )}
    </div>
  )
}

function LineLink({ line, onLine }: { line: number; onLine: (line: number) => void }) {
  return (
    <button
      type="button"
      onClick={() => onLine(line)}
      className="rounded-chip font-sans text-label text-accent underline underline-offset-2 hover:text-ink pointer-coarse:min-h-11"
    >
      line {line}
    </button>
  )
}
