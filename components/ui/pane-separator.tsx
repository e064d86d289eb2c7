'use client'
import { Separator } from 'react-resizable-panels'
import { classNames } from './class-names'

/** The 1 px line between two panes: drag it, or focus it and use the arrow keys. `horizontal` separates upper and lower. */
export function PaneSeparator({ label, horizontal = false }: { label: string; horizontal?: boolean }) {
  return (
    <Separator
      aria-label={label}
      className={classNames(
        'shrink-0 bg-line transition-colors focus-visible:bg-accent data-[separator=active]:bg-accent data-[separator=hover]:bg-control',
        horizontal ? 'h-px' : 'w-px',
      )}
    />
  )
}
