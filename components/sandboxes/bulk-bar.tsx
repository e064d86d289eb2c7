'use client'
import { Play, Power, Tag, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { Button } from '@/components/ui/button'
import { OutsideText } from '@/components/ui/outside-text'
import type { SandboxListItem } from '@/lib/process-api/sandbox'
import { BulkDeleteDialog } from './bulk-delete-dialog'
import { BulkLabelDialog } from './bulk-label-dialog'
import { useBulkChange } from './bulk-mutation'
import type { Selection } from './use-selection'

const workWords = { start: 'Starting', stop: 'Stopping', delete: 'Deleting', label: 'Labelling' }

/** What can be done with all selected sandboxes, its progress, and what failed. */
export function BulkBar({ selection }: { selection: Selection }) {
  const bulk = useBulkChange()
  const [labelling, setLabelling] = useState(false)
  const [deleting, setDeleting] = useState(false)
  const { selected } = selection
  const startable = selected.filter(({ state }) => state === 'stopped' || state === 'error' || state === 'archived')
  const stoppable = selected.filter(({ state }) => state === 'started')
  const run = (kind: 'start' | 'stop', sandboxes: readonly SandboxListItem[]) =>
    bulk.mutate({ sandboxIds: sandboxes.map(({ id }) => id), change: { kind } })
  const failed = bulk.data ?? []
  if (selected.length === 0 && !bulk.isPending && failed.length === 0) return null
  return (
    <section aria-label="Selected sandboxes" className="shrink-0 border-t border-line bg-raised px-4 py-1.5">
      <div className="flex flex-wrap items-center gap-2">
        <p role="status" className="mr-1 text-body tabular-nums">
          {bulk.isPending
            ? `${workWords[bulk.variables.change.kind]} ${bulk.done} of ${bulk.variables.sandboxIds.length}`
            : `${selected.length} selected`}
        </p>
        <Button
          icon={<Play strokeWidth={1.5} size={14} />}
          disabled={startable.length === 0 || bulk.isPending}
          onClick={() => run('start', startable)}
        >
          Start {startable.length > 0 && startable.length}
        </Button>
        <Button
          icon={<Power strokeWidth={1.5} size={14} />}
          disabled={stoppable.length === 0 || bulk.isPending}
          onClick={() => run('stop', stoppable)}
        >
          Stop {stoppable.length > 0 && stoppable.length}
        </Button>
        <Button
          icon={<Tag strokeWidth={1.5} size={14} />}
          disabled={selected.length === 0 || bulk.isPending}
          onClick={() => setLabelling(true)}
        >
          Label…
        </Button>
        <Button
          variant="danger"
          icon={<Trash2 strokeWidth={1.5} size={14} />}
          disabled={selected.length === 0 || bulk.isPending}
          onClick={() => setDeleting(true)}
        >
          Delete…
        </Button>
        <Button
          variant="ghost"
          className="ml-auto"
          onClick={() => {
            selection.clear()
            bulk.reset()
          }}
        >
          Clear selection
        </Button>
      </div>
      {failed.length > 0 && (
        <ul role="alert" className="mt-1 max-h-24 overflow-auto text-label text-fail">
          {failed.map(({ sandboxId, problem }) => (
            <li key={sandboxId}>
              <span className="font-mono">
                <OutsideText text={selected.find(({ id }) => id === sandboxId)?.name ?? sandboxId} />
              </span>
              : <OutsideText text={problem ?? ''} />
            </li>
          ))}
        </ul>
      )}
      <BulkLabelDialog
        count={selected.length}
        open={labelling}
        onOpenChange={setLabelling}
        onLabel={(name, value) =>
          bulk.mutate({ sandboxIds: selected.map(({ id }) => id), change: { kind: 'label', name, value } })
        }
      />
      <BulkDeleteDialog
        sandboxes={selected}
        open={deleting}
        onOpenChange={setDeleting}
        onDelete={() => bulk.mutate({ sandboxIds: selected.map(({ id }) => id), change: { kind: 'delete' } })}
      />
    </section>
  )
}
