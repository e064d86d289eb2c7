import { classNames } from '@/components/ui/class-names'
import { OutsideText } from '@/components/ui/outside-text'
import { visibleText } from '@/lib/display/visible-text'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { resourceWords } from './resource-words'

/** What the sandbox may use, beside its state; what holds it to that is told on pointing, and to screen readers. */
export function ResourceNote({ sandbox }: { sandbox: SandboxDto }) {
  const { text, explanation, isLoose } = resourceWords(sandbox)
  return (
    <span
      className={classNames('shrink-0 text-label max-lg:hidden', isLoose ? 'text-time' : 'text-ink-3')}
      title={explanation === null ? undefined : visibleText(explanation)}
    >
      <OutsideText text={text} />
      {explanation && (
        <span className="sr-only">
          . <OutsideText text={explanation} />
        </span>
      )}
    </span>
  )
}
