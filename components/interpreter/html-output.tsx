'use client'
import { useEffect, useRef, useState } from 'react'
import { useTheme } from '@/components/theme/theme-provider'

const maxHeight = 640

/**
 * HTML of a cell, in a frame without access to the page: its origin is opaque, so that its scripts reach neither the
 * console nor the network. The frame reports its height; everything else that it sends is ignored.
 */
export function HtmlOutput({ html }: { html: string }) {
  const frame = useRef<HTMLIFrameElement>(null)
  const [height, setHeight] = useState(48)
  const [loads, setLoads] = useState(0)
  const { theme } = useTheme()

  useEffect(() => {
    const receive = (event: MessageEvent<unknown>) => {
      if (event.source !== frame.current?.contentWindow) return
      const { data } = event
      const reported = typeof data === 'object' && data !== null && 'height' in data ? data.height : null
      if (typeof reported === 'number' && reported > 0) setHeight(Math.min(maxHeight, Math.ceil(reported)))
    }
    addEventListener('message', receive)
    return () => removeEventListener('message', receive)
  }, [])

  useEffect(() => {
    if (loads === 0) return
    const style = getComputedStyle(document.documentElement)
    const colors = { ink: style.getPropertyValue('--ink'), scheme: theme }
    // The frame has an opaque origin, so no other target origin is possible.
    frame.current?.contentWindow?.postMessage({ html, ...colors }, '*')
  }, [html, loads, theme])

  return (
    <iframe
      ref={frame}
      title="HTML result"
      src="/frames/html"
      loading="lazy"
      sandbox="allow-scripts"
      referrerPolicy="no-referrer"
      onLoad={() => setLoads((count) => (count === 0 ? 1 : count))}
      className="w-full rounded-chip border border-line bg-surface"
      style={{ height }}
    />
  )
}
