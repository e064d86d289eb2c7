'use client'
import { useEffect } from 'react'
import { useLazyPart } from '@/components/ui/use-lazy-part'
import type { LogView } from '../log-view'
import type { MatchQueries } from '../match-queries'
import type { StreamFilter } from '../reader-view'
import { useHighlightRules } from './highlight-rules'

const loadDialog = () => import('./highlight-dialog')

/** Applies the highlight rules to a log, and shows their dialog. */
export function LogHighlights({
  log,
  ...dialog
}: {
  log: LogView | null
  open: boolean
  onOpenChange: (open: boolean) => void
  matches: MatchQueries | null
  filter: StreamFilter
}) {
  const rules = useHighlightRules()
  useEffect(() => log?.setHighlights(rules), [log, rules])
  const part = useLazyPart(loadDialog, dialog.open)
  return part && <part.HighlightDialog {...dialog} />
}
