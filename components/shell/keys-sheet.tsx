'use client'
import { useState } from 'react'
import { useHotkey } from '@/components/keys/hotkeys'
import { useLazyPart } from '@/components/ui/use-lazy-part'

const loadDialog = () => import('./keys-dialog')

/** The `?` key: opens the list of shortcuts, whose code is loaded when the page is idle. */
export function KeysSheet() {
  const [open, setOpen] = useState(false)
  useHotkey('keys.show', () => setOpen(true))
  const part = useLazyPart(loadDialog, open)
  return part && <part.KeysDialog open={open} onOpenChange={setOpen} />
}
