'use client'
import dynamic from 'next/dynamic'
import { type ComponentProps, useEffect, useRef, useState } from 'react'
import type CellEditor from '@/components/editor/cell-editor'
import { OutsideText } from '@/components/ui/outside-text'

const Editor = dynamic(() => import('@/components/editor/cell-editor'), { ssr: false })

/** Editors are created when they come this near to the visible part of the page. */
const margin = '600px'

/** The editor of a cell. Far from the visible part, it is plain text of the same height: an editor is costly. */
export function LazyEditor(props: ComponentProps<typeof CellEditor>) {
  const host = useRef<HTMLDivElement>(null)
  const [isNear, setNear] = useState(false)
  useEffect(() => {
    const element = host.current
    if (isNear || !element) return
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some(({ isIntersecting }) => isIntersecting)) setNear(true)
      },
      { rootMargin: margin },
    )
    observer.observe(element)
    return () => observer.disconnect()
  }, [isNear])
  return (
    <div ref={host} className="min-h-8 min-w-0">
      {isNear ? (
        <Editor {...props} />
      ) : (
        <pre className="overflow-hidden py-1.5 pl-[38px] text-body leading-[1.38]">
          <OutsideText text={props.value} lines />
        </pre>
      )}
    </div>
  )
}
