'use client'
import type { ReactNode } from 'react'
import { Age } from './age'
import { classNames } from './class-names'
import { wrapText } from './outside-text'
import { type StateDisplay, toneClass } from './state-display'
import { StateGlyph } from './state-glyph'

/**
 * Glyph and word on a tinted background. With `age`, it also shows how long something has been running, ticking.
 * `children` replaces the word.
 */
export function StateChip({
  display,
  age = false,
  className,
  children,
}: {
  display: StateDisplay
  age?: boolean
  className?: string
  children?: ReactNode
}) {
  return (
    <span
      className={classNames(
        toneClass[display.tone],
        'tone-ground inline-flex h-[18px] shrink-0 items-center gap-1.5 rounded-chip px-1.5 font-mono text-meta whitespace-nowrap text-tone',
        className,
      )}
    >
      <StateGlyph glyph={display.glyph} className="size-2.5" />
      {wrapText(children ?? display.word)}
      {age && display.since && <Age since={display.since} />}
    </span>
  )
}
