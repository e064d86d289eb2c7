'use client'
import { ExternalLink, RotateCw, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { useTarget } from '@/components/target/target-provider'
import { Button, IconButton } from '@/components/ui/button'
import { Pane, PaneHeader } from '@/components/ui/pane'
import { openPortPath } from './port-address'

/** The page of a port in a frame. It has another origin than the console and cannot navigate the console's page. */
export function PreviewPane({ sandboxId, port, onClose }: { sandboxId: string; port: number; onClose: () => void }) {
  const address = openPortPath(useTarget(), sandboxId, port)
  const [loads, setLoads] = useState(0)
  const isBlocked = useBlockedFrame()
  return (
    <Pane label={`Preview of port ${port}`}>
      <PaneHeader
        title={`Port ${port}`}
        actions={
          <>
            <IconButton
              size="sm"
              label="Reload the preview"
              icon={<RotateCw strokeWidth={1.5} />}
              onClick={() => setLoads(loads + 1)}
            />
            <Button size="sm" variant="ghost" asChild>
              <a href={address} target="_blank" rel="noreferrer">
                <ExternalLink strokeWidth={1.5} size={14} aria-hidden="true" />
                Open in a new tab
              </a>
            </Button>
            <IconButton size="sm" label="Close the preview" icon={<X strokeWidth={1.5} />} onClick={onClose} />
          </>
        }
      />
      {isBlocked ? (
        <p className="px-3 py-3 text-body text-ink-3">
          Previews of this target have an address that the console cannot show in a frame. Open it in a new tab.
        </p>
      ) : (
        <iframe
          key={loads}
          title={`Preview of port ${port}`}
          src={address}
          sandbox="allow-scripts allow-same-origin allow-forms allow-modals allow-popups allow-downloads"
          referrerPolicy="no-referrer"
          className="min-h-0 w-full flex-1 bg-white"
        />
      )}
    </Pane>
  )
}

/** Whether the policy of the console has blocked the frame: only addresses below `localhost` are allowed. */
function useBlockedFrame(): boolean {
  const [isBlocked, setIsBlocked] = useState(false)
  useEffect(() => {
    const onViolation = (event: SecurityPolicyViolationEvent) => {
      if (event.effectiveDirective === 'frame-src') setIsBlocked(true)
    }
    document.addEventListener('securitypolicyviolation', onViolation)
    return () => document.removeEventListener('securitypolicyviolation', onViolation)
  }, [])
  return isBlocked
}
