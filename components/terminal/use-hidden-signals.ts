import { useEffect, useState } from 'react'
import type { PtyDetail } from '@/lib/process-api/pty'
import type { TerminalSignals } from './terminal-tabs'

/**
 * Title, bell and progress of terminals that are not shown, as the target reports them. A bell stays until its terminal is
 * shown; bells from before this page count as heard.
 */
export function useHiddenSignals(
  ptys: readonly PtyDetail[],
  shown: readonly string[],
): Readonly<Record<string, TerminalSignals>> {
  const [heard, setHeard] = useState<Readonly<Record<string, number>>>({})
  useEffect(() => {
    const changed = ptys.filter(({ id, bells }) => {
      const before = heard[id]
      // A terminal that was started again counts from zero.
      return before === undefined || before > bells || (shown.includes(id) && before !== bells)
    })
    if (changed.length === 0) return
    setHeard((before) => ({ ...before, ...Object.fromEntries(changed.map(({ id, bells }) => [id, bells])) }))
  }, [ptys, shown, heard])
  const hidden = ptys.filter(({ id }) => !shown.includes(id))
  return Object.fromEntries(
    hidden.map(({ id, title, bells, progress }) => [
      id,
      { title, bell: bells > (heard[id] ?? bells), progress, ended: false },
    ]),
  )
}
