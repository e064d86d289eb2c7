'use client'
import { Bookmark, ChevronDown, Link2, Save, Trash2 } from 'lucide-react'
import { type FormEvent, useEffect, useEffectEvent, useState } from 'react'
import { Button } from '@/components/ui/button'
import { copyText } from '@/components/ui/copy-text'
import { Dialog } from '@/components/ui/dialog'
import { Field, TextInput } from '@/components/ui/field'
import { FormActions } from '@/components/ui/form-actions'
import { Menu, MenuItem, MenuLabel, MenuSeparator } from '@/components/ui/menu'
import { OutsideText } from '@/components/ui/outside-text'
import { useSavedViews } from './saved-views'
import { emptyWall, formatWall, parseWall, type WallState } from './wall-state'

/** Saved views: open, save, delete, and copy the link of what is shown. */
export function ViewMenu({
  target,
  wall,
  onChange,
}: {
  target: string
  wall: WallState
  onChange: (change: Partial<WallState>) => void
}) {
  const { views, save, remove } = useSavedViews(target)
  const [saving, setSaving] = useState(false)
  const [copied, setCopied] = useState<string | null>(null)
  const open = (name: string, query: string) => onChange({ ...parseWall(new URLSearchParams(query)), view: name })
  const saved = views.find(({ name }) => name === wall.view)
  const current = formatWall(wall).toString()

  // A link with only the name of a view opens what was saved under it in this browser, once that was read.
  const complete = useEffectEvent(() => {
    if (saved && wall.panes.length === 0 && wall.rules.length === 0) open(saved.name, saved.query)
  })
  const savedQuery = saved?.query
  useEffect(() => {
    if (savedQuery !== undefined) complete()
  }, [savedQuery])

  const copy = async () => setCopied((await copyText(location.href)) ? 'Link copied' : 'Could not copy')
  return (
    <>
      <Menu
        label="Views"
        align="start"
        trigger={
          <Button icon={<Bookmark strokeWidth={1.5} />}>
            <span className="max-w-40 truncate">
              <OutsideText text={wall.view ?? 'View'} />
            </span>
            {saved && saved.query !== current && <span className="text-ink-3">· changed</span>}
            <ChevronDown aria-hidden="true" size={14} strokeWidth={1.5} />
          </Button>
        }
      >
        {views.length > 0 && <MenuLabel>Saved in this browser</MenuLabel>}
        {views.map((view) => (
          <MenuItem key={view.name} onSelect={() => open(view.name, view.query)}>
            <OutsideText text={view.name} />
          </MenuItem>
        ))}
        {views.length > 0 && <MenuSeparator />}
        {saved && saved.query !== current && (
          <MenuItem icon={<Save strokeWidth={1.5} />} onSelect={() => save(saved.name, current)}>
            Save changes to <OutsideText text={saved.name} />
          </MenuItem>
        )}
        <MenuItem icon={<Save strokeWidth={1.5} />} onSelect={() => setSaving(true)}>
          Save view as…
        </MenuItem>
        <MenuItem icon={<Link2 strokeWidth={1.5} />} onSelect={() => void copy()}>
          Copy link
        </MenuItem>
        <MenuItem onSelect={() => onChange(emptyWall)}>New empty view</MenuItem>
        {saved && (
          <>
            <MenuSeparator />
            <MenuItem
              danger
              icon={<Trash2 strokeWidth={1.5} />}
              onSelect={() => {
                remove(saved.name)
                onChange({ view: null })
              }}
            >
              Delete <OutsideText text={saved.name} />
            </MenuItem>
          </>
        )}
      </Menu>
      <span role="status" className="text-label text-ink-3">
        {copied}
      </span>
      <Dialog
        open={saving}
        onOpenChange={setSaving}
        title="Save view"
        description="The view is saved in this browser. Its link works in every browser that is signed in."
      >
        <SaveForm
          name={wall.view ?? ''}
          onCancel={() => setSaving(false)}
          onSave={(chosen) => {
            setSaving(false)
            save(chosen, formatWall({ ...wall, view: chosen }).toString())
            onChange({ view: chosen })
          }}
        />
      </Dialog>
    </>
  )
}

function SaveForm({
  name: before,
  onCancel,
  onSave,
}: {
  name: string
  onCancel: () => void
  onSave: (name: string) => void
}) {
  const [name, setName] = useState(before)
  const chosen = name.trim()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (chosen !== '') onSave(chosen)
  }
  return (
    <form onSubmit={submit}>
      <Field label="Name" hint="A view of the same name is replaced.">
        {(slot) => (
          <TextInput
            autoFocus
            maxLength={80}
            value={name}
            onChange={(event) => setName(event.target.value)}
            {...slot}
          />
        )}
      </Field>
      <FormActions disabled={chosen === ''} onCancel={onCancel}>
        Save
      </FormActions>
    </form>
  )
}
