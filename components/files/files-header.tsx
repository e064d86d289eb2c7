'use client'
import { ChevronDown, FilePlus, FolderPlus, RotateCw, Upload, X } from 'lucide-react'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { useHotkey } from '@/components/keys/hotkeys'
import { Button, IconButton } from '@/components/ui/button'
import { Select, TextInput } from '@/components/ui/field'
import { Menu, MenuItem } from '@/components/ui/menu'
import { Breadcrumb } from './breadcrumb'
import type { SearchKind } from './search-results'

const searchDelayMs = 300

/** Path, search, and what can be added. */
export function FilesHeader({
  sandboxId,
  path,
  search,
  onSearch,
  onOpen,
  onRefresh,
  onUpload,
  onNewFile,
  onNewFolder,
  canAdd,
}: {
  sandboxId: string
  path: string
  search: { text: string; kind: SearchKind }
  onSearch: (search: { text: string; kind: SearchKind }) => void
  onOpen: (path: string) => void
  onRefresh: () => void
  onUpload: (kind: 'files' | 'folder') => void
  onNewFile: () => void
  onNewFolder: () => void
  /** False until the folder for new files is known. */
  canAdd: boolean
}) {
  const field = useRef<HTMLInputElement>(null)
  const [typed, setTyped] = useState('')
  const searchFor = useEffectEvent((text: string) => {
    if (text !== search.text) onSearch({ ...search, text })
  })
  useEffect(() => {
    const timer = setTimeout(() => searchFor(typed), searchDelayMs)
    return () => clearTimeout(timer)
  }, [typed])
  useHotkey('files.search', () => field.current?.focus())
  const clear = () => {
    setTyped('')
    onSearch({ ...search, text: '' })
  }
  return (
    <div className="flex min-h-10 shrink-0 flex-wrap items-center gap-2 border-b border-line bg-surface px-3 py-1">
      <Breadcrumb sandboxId={sandboxId} path={path} onOpen={onOpen} />
      <search className="flex min-w-0 items-center gap-1 max-sm:order-last max-sm:w-full">
        <Select
          small
          aria-label="Search in"
          value={search.kind}
          onChange={(event) => onSearch({ ...search, kind: event.target.value === 'contents' ? 'contents' : 'names' })}
        >
          <option value="names">Names</option>
          <option value="contents">Contents</option>
        </Select>
        <TextInput
          ref={field}
          small
          mono
          type="search"
          aria-label="Search files"
          placeholder={search.kind === 'names' ? 'Name or *.py' : 'Text in files'}
          className="w-44 max-sm:flex-1"
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') searchFor(typed)
            if (event.key === 'Escape') clear()
          }}
        />
        {search.text !== '' && (
          <IconButton size="sm" label="Clear the search" icon={<X strokeWidth={1.5} />} onClick={clear} />
        )}
      </search>
      <IconButton
        size="sm"
        label="Refresh"
        hotkey="files.refresh"
        // A phone has no space for it, and the page reads the folders again by itself.
        className="max-sm:hidden"
        icon={<RotateCw strokeWidth={1.5} />}
        onClick={onRefresh}
      />
      <Menu
        label="Upload"
        trigger={
          <Button size="sm" disabled={!canAdd} icon={<Upload strokeWidth={1.5} />}>
            Upload
            <ChevronDown aria-hidden="true" size={14} strokeWidth={1.5} />
          </Button>
        }
      >
        <MenuItem icon={<Upload strokeWidth={1.5} />} hotkey="files.upload" onSelect={() => onUpload('files')}>
          Files…
        </MenuItem>
        <MenuItem icon={<FolderPlus strokeWidth={1.5} />} onSelect={() => onUpload('folder')}>
          A folder…
        </MenuItem>
      </Menu>
      <Menu
        label="New"
        trigger={
          <Button size="sm" disabled={!canAdd}>
            New
            <ChevronDown aria-hidden="true" size={14} strokeWidth={1.5} />
          </Button>
        }
      >
        <MenuItem icon={<FilePlus strokeWidth={1.5} />} hotkey="new.here" onSelect={onNewFile}>
          File…
        </MenuItem>
        <MenuItem icon={<FolderPlus strokeWidth={1.5} />} onSelect={onNewFolder}>
          Folder…
        </MenuItem>
      </Menu>
    </div>
  )
}
