'use client'
import { OutsideText } from '@/components/ui/outside-text'
import { type EndEvidence, explainEnd } from '@/lib/process-api/why-ended'
import type { EndedExecution } from './end-sentence'
import { endSentence } from './end-sentence'

/**
 * Why an execution ended: one sentence, the missing command with a similar name, and, where the output is not shown beside
 * it, the last lines of stderr. Renders nothing when there is nothing to add.
 */
export function WhyEnded({
  execution,
  language,
  stderrEnd,
  quote = false,
  className,
}: {
  execution: EndedExecution & Pick<EndEvidence, 'exitCode'>
  language: string | null
  stderrEnd: string
  /** Whether to quote the last lines of stderr. */
  quote?: boolean
  className?: string
}) {
  const sentence = endSentence(execution)
  const explanation = explainEnd({ ...execution, language, stderrEnd })
  const { missing = null, meaning = null, lastLines = [] } = explanation ?? {}
  const text = sentence ?? meaning
  if (text === null && !(quote && lastLines.length > 0)) return null
  return (
    <div className={className}>
      {text !== null && (
        <p className="text-body text-ink-2">
          <OutsideText text={text} />
          {missing && (
            <>
              {' '}
              The shell did not find{' '}
              <code className="font-mono text-label">
                <OutsideText text={missing.command} />
              </code>
              .
              {missing.similar !== null && (
                <>
                  {' '}
                  Did you mean <code className="font-mono text-label">{missing.similar}</code>?
                </>
              )}
            </>
          )}
        </p>
      )}
      {quote && lastLines.length > 0 && (
        <pre className="mt-1 border-l-2 border-fail pl-2 font-mono text-label whitespace-pre-wrap text-ink-2 [overflow-wrap:anywhere]">
          <OutsideText text={lastLines.join('\n')} lines />
        </pre>
      )}
    </div>
  )
}
