import { Info } from 'lucide-react'
import { OutsideText } from '@/components/ui/outside-text'

/** Says what a target without extensions cannot do. */
export function PlainTargetNote({ target }: { target: string }) {
  return (
    <p className="flex shrink-0 items-start gap-2 border-b border-line bg-raised px-3 py-1.5 text-label text-ink-2">
      <Info aria-hidden="true" size={14} strokeWidth={1.5} className="mt-px shrink-0 text-ink-3" />
      <span>
        <span className="font-mono">
          <OutsideText text={target} />
        </span>{' '}
        does not support Sandglass’s extensions: a run shows its output after it ends, a single command cannot be
        stopped, and times show when output arrived.
      </span>
    </p>
  )
}
