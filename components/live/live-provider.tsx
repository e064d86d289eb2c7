'use client'
import { useQueryClient } from '@tanstack/react-query'
import { usePathname, useRouter } from 'next/navigation'
import { type ReactNode, useEffect, useState } from 'react'
import { readAddress } from '@/components/target/addresses'
import { useTarget } from '@/components/target/target-provider'
import { LiveClient } from '@/lib/live/client/live-client'
import { forwardPageSignals } from '@/lib/live/client/page-signals'
import type { Transport, TransportHandlers } from '@/lib/live/client/reconnecting-socket'
import { LiveContext } from '@/lib/live/client/use-live'
import { roleChanged } from '@/lib/live/limits'
import { createCacheFeed } from '@/lib/queries/cache'
import { liveRefusal } from '@/lib/queries/live-refusal'
import { isSignedOut } from '@/lib/queries/signed-out'
import { NavigationGuard } from './navigation-guard'

/** A hidden tab paints no frames; its cache is updated at this interval instead. */
const hiddenFrameIntervalMs = 250

/**
 * Owns the tab's live connection and writes the target's change events into the query cache, which must be provided
 * above. Render it once around all signed-in pages.
 */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient()
  const target = useTarget()
  const { sandboxId } = readAddress(usePathname())
  const router = useRouter()
  const [client] = useState(
    () =>
      new LiveClient({
        // The page shows what the new role includes.
        connect: (handlers) => connect(handlers, () => router.refresh()),
        signedOut: isSignedOut,
        refusal: liveRefusal,
      }),
  )

  useEffect(() => {
    client.start()
    const stopSignals = forwardPageSignals(client)
    return () => {
      stopSignals()
      client.stop()
    }
  }, [client])

  useEffect(() => {
    const feed = createCacheFeed(queryClient, target, nextFrame)
    const stopWatching = client.watch(target, { event: feed.push, up: feed.resync, down: () => undefined })
    return () => {
      stopWatching()
      feed.stop()
    }
  }, [queryClient, client, target])

  useEffect(() => client.show(target, sandboxId), [client, target, sandboxId])

  return (
    <LiveContext value={client}>
      <NavigationGuard />
      {children}
    </LiveContext>
  )
}

function connect(handlers: TransportHandlers, onRoleChange: () => void): Transport {
  const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/live`)
  socket.binaryType = 'arraybuffer'
  socket.onmessage = (event) => handlers.message(event.data)
  socket.onclose = ({ reason }) => {
    handlers.closed()
    if (reason === roleChanged) onRoleChange()
  }
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    close: () => socket.close(),
  }
}

function nextFrame(run: () => void): () => void {
  if (document.visibilityState === 'visible') {
    const frame = requestAnimationFrame(run)
    return () => cancelAnimationFrame(frame)
  }
  const timer = setTimeout(run, hiddenFrameIntervalMs)
  return () => clearTimeout(timer)
}
