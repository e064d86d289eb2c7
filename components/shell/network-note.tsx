import { networkDisplay } from '@/components/sandboxes/network-display'
import { classNames } from '@/components/ui/class-names'
import { OutsideText } from '@/components/ui/outside-text'
import { visibleText } from '@/lib/display/visible-text'
import type { SandboxDto } from '@/lib/process-api/sandbox'

/** The network policy of a sandbox in the top bar; a tooltip and screen readers get the full sentence. */
export function NetworkNote({ sandbox }: { sandbox: SandboxDto }) {
  const { word, sentence, isWeak } = networkDisplay(sandbox)
  return (
    <span
      className={classNames('shrink-0 text-label max-lg:hidden', isWeak ? 'text-time' : 'text-ink-3')}
      title={visibleText(sentence)}
    >
      network: {word}
      <span className="sr-only">
        . <OutsideText text={sentence} />
      </span>
    </span>
  )
}
