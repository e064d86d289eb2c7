'use client'
import { useState } from 'react'
import { useHotkey } from '@/components/keys/hotkeys'
import { useLazyPart } from '@/components/ui/use-lazy-part'

const loadDialog = () => import('./palette-dialog')

/** ⌘K: opens the palette, whose code is loaded when the page is idle. */
export function CommandPalette({ sandboxId }: { sandboxId: string | undefined }) {
  const [open, setOpen] = useState(false)
  useHotkey('palette.open', () => setOpen((before) => !before))
  const part = useLazyPart(loadDialog, open)
  return part && <part.PaletteDialog sandboxId={sandboxId} open={open} onOpenChange={setOpen} />
}
