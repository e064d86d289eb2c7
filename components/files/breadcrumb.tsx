'use client'
import { useTarget } from '@/components/target/target-provider'
import { OutsideText } from '@/components/ui/outside-text'
import { filesAddress, nameOf, pathsDownTo } from './paths'

/** The folders above a path as links. The last one is cut off last. */
export function Breadcrumb({
  sandboxId,
  path,
  onOpen,
}: {
  sandboxId: string
  path: string
  onOpen: (path: string) => void
}) {
  const target = useTarget()
  const paths = pathsDownTo(path)
  return (
    <nav aria-label="Path" className="flex min-w-0 flex-1 items-center overflow-hidden font-mono text-label">
      {paths.map((one, index) => (
        <span
          key={one}
          className={index === paths.length - 1 ? 'flex min-w-12 shrink-0 items-center' : 'flex min-w-0 items-center'}
        >
          {index > 1 && (
            <span aria-hidden="true" className="px-0.5 text-ink-3">
              /
            </span>
          )}
          <a
            href={filesAddress(target, sandboxId, one)}
            data-row=""
            aria-current={index === paths.length - 1 ? 'page' : undefined}
            onClick={(event) => {
              if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
              event.preventDefault()
              onOpen(one)
            }}
            className="focus-inset max-w-[40ch] truncate rounded-chip px-1 text-ink-2 hover:bg-hover hover:text-ink aria-[current]:text-ink pointer-coarse:py-2.5"
          >
            <OutsideText text={nameOf(one)} />
          </a>
        </span>
      ))}
    </nav>
  )
}
