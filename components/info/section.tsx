'use client'
import { type ReactNode, useId } from 'react'

/** A part of the Info page: a heading, an action beside it, and its content. */
export function Section({ title, action, children }: { title: string; action?: ReactNode; children: ReactNode }) {
  const id = useId()
  return (
    <section aria-labelledby={id} className="flex min-w-0 flex-col gap-3 border-b border-line px-4 py-4">
      <div className="flex min-h-7 flex-wrap items-center justify-between gap-2">
        <h2 id={id} className="text-body font-semibold">
          {title}
        </h2>
        {action}
      </div>
      {children}
    </section>
  )
}

/** Names and values. */
export function Facts({ children }: { children: ReactNode }) {
  return (
    <dl className="grid grid-cols-[minmax(6.5rem,auto)_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-body [&_dd]:min-w-0 [&_dd]:[overflow-wrap:anywhere] [&_dt]:text-ink-3">
      {children}
    </dl>
  )
}

/** The sentence of something that a target does not offer. */
export function Missing({ children }: { children: ReactNode }) {
  return <p className="text-label text-ink-3">{children}</p>
}
