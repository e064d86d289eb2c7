'use client'
import { X } from 'lucide-react'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { IconButton } from '@/components/ui/button'
import { classNames } from '@/components/ui/class-names'
import { OutsideText } from '@/components/ui/outside-text'
import { StateChip } from '@/components/ui/state-chip'
import { type StateDisplay, toneClass } from '@/components/ui/state-display'
import { StateGlyph } from '@/components/ui/state-glyph'
import { visibleText } from '@/lib/display/visible-text'

export interface PaneEnd {
  display: StateDisplay
  /** How long it ran, such as `after 48.2 s`. */
  duration: string | null
  /** Why it ended, as a sentence or the last line; null where the state says it. */
  why: string | null
}

export interface PaneFrameProps {
  /** Name of the sandbox. */
  sandbox: string
  title: string
  /** The command or code. */
  detail: string | null
  /** The page with everything about it. */
  href: string
  display: StateDisplay | null
  end: PaneEnd | null
  /** Joined by a rule, and leaves by itself. */
  joined: boolean
  tabIndex: 0 | -1
  onRemove: () => void
  children: ReactNode
}

/** One pane of the wall: a header, its live content, and a large sign once it has ended. */
export function PaneFrame({
  sandbox,
  title,
  detail,
  href,
  display,
  end,
  joined,
  tabIndex,
  onRemove,
  children,
}: PaneFrameProps) {
  const name = visibleText(`${sandbox} · ${title}`)
  return (
    <article
      aria-label={display ? `${name}, ${visibleText(display.word)}` : name}
      data-wall-pane=""
      data-pane-focus={tabIndex === 0 ? '' : undefined}
      tabIndex={tabIndex}
      className={classNames(
        'focus-inset flex min-h-0 min-w-0 flex-col',
        end && `${toneClass[end.display.tone]} bg-tone p-[3px]`,
      )}
    >
      <header className="flex h-8 shrink-0 items-center gap-2 border-b border-line bg-surface pr-1 pl-3">
        <h2 className="min-w-0 truncate font-mono text-label font-medium">
          <Link href={href} prefetch={false} tabIndex={-1} className="hover:underline" title={name}>
            <OutsideText text={sandbox} /> · <OutsideText text={title} />
          </Link>
        </h2>
        {display && <StateChip display={display} age />}
        {detail !== null && (
          <span className="min-w-0 flex-1 truncate font-mono text-meta text-ink-3" title={visibleText(detail)}>
            <OutsideText text={detail.split('\n', 1)[0] ?? ''} />
          </span>
        )}
        <span className="ml-auto flex shrink-0 items-center">
          {joined && <span className="px-1 text-meta text-ink-3 max-2xl:sr-only">by rule</span>}
          <IconButton
            size="sm"
            tabIndex={-1}
            label={`Remove ${name}`}
            icon={<X strokeWidth={1.5} />}
            onClick={onRemove}
          />
        </span>
      </header>
      {children}
      {end && <EndSign end={end} />}
    </article>
  )
}

/** Readable from across the room: the colour, the sign and the words say the same. */
function EndSign({ end }: { end: PaneEnd }) {
  const { display, duration, why } = end
  return (
    <div className={classNames(toneClass[display.tone], 'shrink-0 bg-tone px-3 py-1.5 text-canvas')}>
      <p className="flex items-center gap-2 text-page font-semibold">
        <StateGlyph glyph={display.glyph} className="size-5 shrink-0" />
        <span className="truncate">
          <OutsideText text={display.word} />
        </span>
        {duration && <span className="truncate text-body font-normal">{duration}</span>}
      </p>
      {why && (
        <p className="truncate text-body" title={visibleText(why)}>
          <OutsideText text={why} />
        </p>
      )}
    </div>
  )
}
