'use client'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { useTarget } from '@/components/target/target-provider'
import { ErrorState } from '@/components/ui/error-state'
import { OutsideText } from '@/components/ui/outside-text'
import { moveOverRows } from '@/components/ui/row-link'
import { SkeletonRows } from '@/components/ui/skeleton'
import { counted } from '@/lib/display/counted'
import { visibleText } from '@/lib/display/visible-text'
import { toCallFailure } from '@/lib/queries/call-failure'
import { contentsQuery, namesQuery } from '@/lib/queries/file-reads'
import { filesAddress, isWithin } from './paths'

export type SearchKind = 'names' | 'contents'

const maxShown = 500

/** Files below a folder whose names or contents match. */
export function SearchResults({
  sandboxId,
  folder,
  text,
  kind,
  onOpen,
}: {
  sandboxId: string
  folder: string
  text: string
  kind: SearchKind
  onOpen: (path: string, line?: number) => void
}) {
  const target = useTarget()
  const names = useQuery({ ...namesQuery(target, sandboxId, folder, text), enabled: kind === 'names' })
  const contents = useQuery({ ...contentsQuery(target, sandboxId, folder, text), enabled: kind === 'contents' })
  const { data, error, refetch } = kind === 'names' ? names : contents
  if (error)
    return <ErrorState failure={toCallFailure(error)} onRetry={() => refetch()} details={`search in ${folder}`} />
  if (!data) return <SkeletonRows rows={5} label="Searching" />
  const count = data.items.length
  return (
    <div className="flex h-full min-h-0 flex-col">
      <p role="status" className="shrink-0 border-b border-line px-3 py-1.5 text-label text-ink-3">
        {count === 0 ? 'Nothing found' : counted(count, 'result')}
        {count > maxShown && `, the first ${maxShown} shown`}
        {data.ended === 'time' && '. The search stopped after 8 s: search a smaller folder to see all results.'}
        {data.ended === 'size' && '. There are more results: search for a longer text to see all of them.'}
      </p>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys move over the links in it. */}
      <div className="min-h-0 flex-1 overflow-auto" onKeyDown={moveOverRows}>
        {kind === 'names'
          ? names.data?.items
              .slice(0, maxShown)
              .map((path) => <Result key={path} sandboxId={sandboxId} folder={folder} path={path} onOpen={onOpen} />)
          : contents.data?.items.slice(0, maxShown).map(({ file, line, content }, index) => (
              <Result
                // biome-ignore lint/suspicious/noArrayIndexKey: one line may be listed more than once.
                key={index}
                sandboxId={sandboxId}
                folder={folder}
                path={file}
                line={line}
                onOpen={onOpen}
                detail={
                  <>
                    <span className="tabular-nums">{line}</span> <OutsideText text={content.trim().slice(0, 300)} />
                  </>
                }
              />
            ))}
      </div>
    </div>
  )
}

function Result({
  sandboxId,
  folder,
  path,
  line,
  detail,
  onOpen,
}: {
  sandboxId: string
  folder: string
  path: string
  line?: number
  detail?: ReactNode
  onOpen: (path: string, line?: number) => void
}) {
  const target = useTarget()
  const shown = isWithin(path, folder) && path !== folder ? path.slice(folder === '/' ? 1 : folder.length + 1) : path
  return (
    <a
      href={filesAddress(target, sandboxId, path, line)}
      data-row=""
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
        event.preventDefault()
        onOpen(path, line)
      }}
      className="focus-inset block min-h-8 border-b border-line px-3 py-1.5 font-mono text-label hover:bg-hover/60 pointer-coarse:py-3"
    >
      <span className="block truncate text-ink" title={visibleText(path)}>
        <OutsideText text={shown} />
      </span>
      {detail && <span className="block truncate text-ink-3">{detail}</span>}
    </a>
  )
}
