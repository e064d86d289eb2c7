'use client'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { useTarget } from '@/components/target/target-provider'
import { showToast } from '@/components/ui/toast'
import { portsQuery } from '@/lib/queries/reads'
import { openPortPath } from './port-address'

/** Ports above are chosen by the system, mostly for connections between programs. */
const maxAnnouncedPort = 32_767

/** Announces each port once that starts to listen while a page of the sandbox is open. */
export function NewListeners({ sandboxId, running }: { sandboxId: string; running: boolean }) {
  const target = useTarget()
  const { data } = useQuery({ ...portsQuery(target, sandboxId), enabled: running })
  /** Ports that were listening at first or have been announced; null until the first read. */
  const known = useRef<Set<number> | null>(null)
  useEffect(() => {
    if (!data) return
    const first = known.current === null
    known.current ??= new Set()
    for (const { port } of data) {
      if (known.current.has(port)) continue
      known.current.add(port)
      if (first || port > maxAnnouncedPort) continue
      showToast(`${port} is listening`, {
        id: `${sandboxId} ${port}`,
        action: {
          label: 'Open',
          onClick: () => window.open(openPortPath(target, sandboxId, port), '_blank', 'noreferrer'),
        },
      })
    }
  }, [data, sandboxId, target])
  return null
}
