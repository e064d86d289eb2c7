import { classNames } from '@/components/ui/class-names'
import { OutsideText } from '@/components/ui/outside-text'
import { visibleText } from '@/lib/display/visible-text'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { resourceDisplay } from './resource-display'

/** Memory and CPU of a sandbox in the top bar; a tooltip and screen readers get how the limits are enforced. */
export function ResourceNote({ sandbox }: { sandbox: SandboxDto }) {
  const { text, explanation, isWeak } = resourceDisplay(sandbox)
  return (
    <span
      className={classNames('shrink-0 text-label max-lg:hidden', isWeak ? 'text-time' : 'text-ink-3')}
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
