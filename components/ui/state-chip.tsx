'use client'
import type { ReactNode } from 'react'
import { Age } from './age'
import { classNames } from './class-names'
import { shown } from './outside-text'
import { type StateDisplay, toneClass } from './state-display'
import { StateGlyph } from './state-glyph'

/**
 * Glyph and word on a tinted ground. With `age`, a running thing shows how long it has run, ticking.
 * `children` replaces the word.
 */
export function StateChip({
  look,
  age = false,
  className,
  children,
}: {
  look: StateDisplay
  age?: boolean
  className?: string
  children?: ReactNode
}) {
  return (
    <span
      className={classNames(
        toneClass[look.tone],
        'tone-ground inline-flex h-[18px] shrink-0 items-center gap-1.5 rounded-chip px-1.5 font-mono text-meta whitespace-nowrap text-tone',
        className,
      )}
    >
      <StateGlyph glyph={look.glyph} className="size-2.5" />
      {shown(children ?? look.word)}
      {age && look.since && <Age since={look.since} />}
    </span>
  )
}
