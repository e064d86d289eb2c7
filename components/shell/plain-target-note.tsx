import { Info } from 'lucide-react'
import { OutsideText } from '@/components/ui/outside-text'

/** The target speaks the process API and no more: what of this page that leaves out. */
export function PlainTargetNote({ target }: { target: string }) {
  return (
    <p className="flex shrink-0 items-start gap-2 border-b border-line bg-raised px-3 py-1.5 text-label text-ink-2">
      <Info aria-hidden="true" size={14} strokeWidth={1.5} className="mt-px shrink-0 text-ink-3" />
      <span>
        <span className="font-mono">
          <OutsideText text={target} />
        </span>{' '}
        has none of Sandglass’s extensions: a run shows its output when it has ended, a command cannot be stopped alone,
        and times are those of arrival.
      </span>
    </p>
  )
}
