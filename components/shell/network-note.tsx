import { networkDisplay } from '@/components/sandboxes/network-words'
import { classNames } from '@/components/ui/class-names'
import { OutsideText } from '@/components/ui/outside-text'
import { visibleText } from '@/lib/display/visible-text'
import type { SandboxDto } from '@/lib/process-api/sandbox'

/** Which network policy is in force, beside what the sandbox may use; its sentence is told on pointing, and read out. */
export function NetworkNote({ sandbox }: { sandbox: SandboxDto }) {
  const { word, sentence, isLoose } = networkDisplay(sandbox)
  return (
    <span
      className={classNames('shrink-0 text-label max-lg:hidden', isLoose ? 'text-time' : 'text-ink-3')}
      title={visibleText(sentence)}
    >
      network: {word}
      <span className="sr-only">
        . <OutsideText text={sentence} />
      </span>
    </span>
  )
}
