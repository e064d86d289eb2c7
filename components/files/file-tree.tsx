'use client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ChevronDown, ChevronRight, CornerDownRight, File, FileSymlink, Folder, FolderSymlink } from 'lucide-react'
import { type DragEvent, type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { classNames } from '@/components/ui/class-names'
import { OutsideText } from '@/components/ui/outside-text'
import { formatBytes } from '@/components/ui/quantity'
import { useMediaQuery } from '@/components/ui/use-media-query'
import { visibleText } from '@/lib/display/visible-text'
import { isWithin, parentOf } from './paths'
import { canExpand, type EntryRow, type NoteRow, type TreeRow } from './tree-rows'

const indentPx = 14
const maxIndentDepth = 12
/** The type of a path that is dragged within the page. */
const pathType = 'application/x-sandglass-path'

export interface FileTreeProps {
  label: string
  root: string
  rows: readonly TreeRow[]
  /** The path in the address. */
  selected: string | null
  /** Paths with unsaved edits. */
  edited: ReadonlySet<string>
  onOpen: (path: string) => void
  onToggle: (path: string, open: boolean) => void
  onMove: (source: string, folder: string) => void
  /** Files from outside were dropped on a folder. */
  onDropFiles: (folder: string, transfer: DataTransfer) => void
  onRename: (path: string) => void
  onDelete: (path: string) => void
}

/** Folders and files as a tree, of which only the visible rows are rendered. Arrow keys move, Enter opens. */
export function FileTree({ label, root, rows, selected, edited, ...handlers }: FileTreeProps) {
  const scroller = useRef<HTMLDivElement>(null)
  const id = useId()
  const coarse = useMediaQuery('(pointer: coarse)')
  const [cursor, setCursor] = useState<string | null>(selected)
  const [dropFolder, setDropFolder] = useState<string | null>(null)
  const typed = useRef({ text: '', at: 0 })
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (coarse ? 44 : 28),
    overscan: 12,
  })
  useEffect(() => setCursor(selected), [selected])
  const found = rows.findIndex((row) => row.kind === 'entry' && row.path === cursor)
  const current = found === -1 ? rows.findIndex((row) => row.kind === 'entry') : found
  const selectedIndex = rows.findIndex((row) => row.kind === 'entry' && row.path === selected)
  useEffect(() => {
    if (selectedIndex !== -1) virtual.scrollToIndex(selectedIndex)
  }, [selectedIndex, virtual])

  const isRendered = virtual.getVirtualItems().some(({ index }) => index === current)

  const moveTo = (index: number) => {
    const row = rows[index]
    if (row?.kind !== 'entry') return
    setCursor(row.path)
    virtual.scrollToIndex(index)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rows[current]
    if (row?.kind !== 'entry' || event.metaKey || event.ctrlKey || event.altKey) return
    if (!act(event.key, row)) return
    event.preventDefault()
    event.stopPropagation()
  }
  const act = (key: string, row: EntryRow): boolean => {
    const next = nextIndex(rows, current, key)
    if (next !== null) moveTo(next)
    else if (key === 'ArrowRight' && canExpand(row.entry)) {
      if (row.expanded) moveTo(current + 1)
      else handlers.onToggle(row.path, true)
    } else if (key === 'ArrowLeft') {
      if (row.expanded) handlers.onToggle(row.path, false)
      else moveTo(rows.findIndex((one) => one.kind === 'entry' && one.path === parentOf(row.path)))
    } else if (key === 'Enter' || key === ' ') handlers.onOpen(row.path)
    else if (key === 'F2') handlers.onRename(row.path)
    else if (key === 'Delete') handlers.onDelete(row.path)
    else return find(key)
    return true
  }
  /** Typing the beginning of a name moves there. */
  const find = (key: string): boolean => {
    if (key.length !== 1 || key === '/' || key === '?') return false
    const now = performance.now()
    typed.current = { text: (now - typed.current.at < 800 ? typed.current.text : '') + key.toLowerCase(), at: now }
    const { text } = typed.current
    const order = rows.map((_, index) => (current + (text.length === 1 ? 1 : 0) + index) % rows.length)
    const match = order.find((index) => {
      const row = rows[index]
      return row?.kind === 'entry' && row.name.toLowerCase().startsWith(text)
    })
    if (match !== undefined) moveTo(match)
    return true
  }

  const dropProps = (folder: string) => ({
    onDragOver: (event: DragEvent) => {
      if (![pathType, 'Files'].some((type) => event.dataTransfer.types.includes(type))) return
      event.preventDefault()
      event.stopPropagation()
      setDropFolder(folder)
    },
    onDrop: (event: DragEvent) => {
      event.preventDefault()
      event.stopPropagation()
      setDropFolder(null)
      const source = event.dataTransfer.getData(pathType)
      if (source === '') handlers.onDropFiles(folder, event.dataTransfer)
      else if (parentOf(source) !== folder && !isWithin(folder, source)) handlers.onMove(source, folder)
    },
  })

  return (
    <div
      ref={scroller}
      role="tree"
      aria-label={label}
      aria-activedescendant={isRendered ? `${id}-${current}` : undefined}
      tabIndex={0}
      data-pane-focus=""
      onKeyDown={onKeyDown}
      onDragLeave={() => setDropFolder(null)}
      {...dropProps(root)}
      className={classNames('group focus-inset h-full overflow-auto', dropFolder === root && 'bg-hover/60')}
    >
      <div role="none" className="relative w-full" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map(({ index, start, size }) => {
          const row = rows[index]
          if (!row) return null
          const style = {
            transform: `translateY(${start}px)`,
            height: size,
            paddingLeft: 8 + Math.min(row.depth, maxIndentDepth) * indentPx,
          }
          if (row.kind === 'note') return <Note key={`note ${row.path}`} row={row} style={style} />
          return (
            <Entry
              key={row.path}
              id={`${id}-${index}`}
              row={row}
              style={style}
              selected={row.path === selected}
              current={index === current}
              edited={edited.has(row.path)}
              dropping={row.path === dropFolder}
              onClick={() => {
                setCursor(row.path)
                handlers.onOpen(row.path)
              }}
              onToggle={() => handlers.onToggle(row.path, !row.expanded)}
              dropProps={canExpand(row.entry) ? dropProps(row.path) : {}}
            />
          )
        })}
      </div>
    </div>
  )
}

function Note({ row, style }: { row: NoteRow; style: React.CSSProperties }) {
  return (
    <div
      role="none"
      style={style}
      className="absolute inset-x-0 top-0 flex items-center gap-2 pr-2 text-label text-ink-3"
    >
      <span className="w-5" />
      <span
        className={classNames(
          'truncate',
          row.note === 'loading' && 'animate-late',
          row.note === 'failed' && 'text-fail',
        )}
      >
        {row.note === 'loading' && 'Reading…'}
        {row.note === 'empty' && 'Empty'}
        {row.note === 'failed' && <OutsideText text={row.message ?? 'It could not be read.'} />}
      </span>
    </div>
  )
}

function Entry({
  id,
  row,
  style,
  selected,
  current,
  edited,
  dropping,
  onClick,
  onToggle,
  dropProps,
}: {
  id: string
  row: EntryRow
  style: React.CSSProperties
  selected: boolean
  current: boolean
  edited: boolean
  dropping: boolean
  onClick: () => void
  onToggle: () => void
  dropProps: object
}) {
  const { entry, name, path } = row
  const { link } = entry
  const Icon = entryIcon(entry)
  const expandable = canExpand(entry)
  return (
    // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the tree has the focus and the keys.
    <div
      id={id}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-posinset={row.position}
      aria-setsize={row.siblings}
      aria-expanded={expandable ? row.expanded : undefined}
      aria-selected={selected}
      title={visibleText(typeof link === 'string' ? `${name} → ${link}` : name)}
      style={style}
      draggable
      onDragStart={(event) => {
        event.dataTransfer.setData(pathType, path)
        event.dataTransfer.effectAllowed = 'move'
      }}
      onClick={onClick}
      {...dropProps}
      className={classNames(
        'absolute inset-x-0 top-0 flex cursor-default items-center gap-1.5 pr-2 text-body select-none',
        selected ? 'bg-hover shadow-[inset_2px_0_var(--accent)]' : 'hover:bg-hover/60',
        dropping && 'bg-hover',
        current &&
          'group-focus-visible:outline-2 group-focus-visible:-outline-offset-2 group-focus-visible:outline-accent',
      )}
    >
      {expandable ? (
        <span
          aria-hidden="true"
          data-toggle=""
          className="flex size-4 shrink-0 items-center justify-center text-ink-3"
          onClick={(event) => {
            event.stopPropagation()
            onToggle()
          }}
        >
          {row.expanded ? <ChevronDown size={14} strokeWidth={1.5} /> : <ChevronRight size={14} strokeWidth={1.5} />}
        </span>
      ) : (
        <span className="size-4 shrink-0" />
      )}
      <Icon aria-hidden="true" size={14} strokeWidth={1.5} className="shrink-0 text-ink-3" />
      <span className="min-w-0 flex-1 truncate font-mono text-label">
        <span data-name="">
          <OutsideText text={name} />
        </span>
        {typeof link === 'string' && (
          <span className="ml-1.5 text-ink-3">
            <CornerDownRight aria-hidden="true" size={10} className="mr-0.5 inline" />
            <span className="sr-only">links to </span>
            <OutsideText text={link} />
          </span>
        )}
      </span>
      {edited && (
        <span className="shrink-0 text-meta text-time">
          <span aria-hidden="true">●</span> edited
        </span>
      )}
      {!entry.isDir && <span className="shrink-0 text-meta text-ink-3 tabular-nums">{formatBytes(entry.size)}</span>}
    </div>
  )
}

function entryIcon({ isDir, link }: EntryRow['entry']) {
  if (typeof link === 'string') return isDir ? FolderSymlink : FileSymlink
  return isDir ? Folder : File
}

/** The row that a key moves to; null for other keys. */
function nextIndex(rows: readonly TreeRow[], current: number, key: string): number | null {
  const step = key === 'ArrowDown' || key === 'Home' ? 1 : key === 'ArrowUp' || key === 'End' ? -1 : 0
  if (step === 0) return null
  let index = key === 'Home' ? 0 : key === 'End' ? rows.length - 1 : current + step
  while (rows[index]?.kind === 'note') index += step
  return rows[index] ? index : current
}
