'use client'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTarget } from '@/components/target/target-provider'
import { ErrorState } from '@/components/ui/error-state'
import { visibleText } from '@/lib/display/visible-text'
import { toCallFailure } from '@/lib/queries/call-failure'
import { fileHeadQuery } from '@/lib/queries/file-reads'
import { FileNote } from './file-facts'
import { hexBytes, hexRows, maxImageBytes } from './file-kind'
import { nameOf } from './paths'

/** The first bytes of a binary file. */
export function HexView({ bytes, size }: { bytes: Uint8Array; size: number }) {
  const shown = bytes.subarray(0, hexBytes)
  return (
    <div className="flex h-full min-h-0 flex-col">
      <p className="shrink-0 border-b border-line bg-raised px-3 py-1.5 text-label text-ink-2">
        This file is not text. {shown.length < size ? `Its first ${shown.length} bytes:` : 'Its bytes:'}
      </p>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard.
        tabIndex={0}
        aria-label="Bytes in hexadecimal"
        className="focus-inset min-h-0 flex-1 overflow-auto bg-term px-3 py-2 font-mono text-label whitespace-pre text-ink"
      >
        {hexRows(shown).map(({ offset, hex, ascii }) => (
          <div key={offset}>
            <span className="text-ink-3">{offset}</span> {hex.padEnd(48)} <span className="text-ink-2">{ascii}</span>
          </div>
        ))}
      </section>
    </div>
  )
}

/** An image of the sandbox, shown from memory, so that it cannot load or run anything. */
export function ImageView({
  sandboxId,
  path,
  type,
  version,
}: {
  sandboxId: string
  path: string
  type: string
  version: string
}) {
  const target = useTarget()
  const { data, error, refetch } = useQuery(fileHeadQuery(target, sandboxId, path, version, maxImageBytes))
  const [broken, setBroken] = useState(false)
  const url = useObjectUrl(data?.bytes, type)
  if (error) return <ErrorState failure={toCallFailure(error)} onRetry={() => refetch()} />
  if (!url) return <div className="h-full animate-late bg-term" />
  if (broken) return <FileNote>This is not a valid image.</FileNote>
  return (
    <div className="flex h-full items-center justify-center overflow-auto bg-term p-4">
      {/* biome-ignore lint/performance/noImgElement: the bytes are in this page already. */}
      <img
        src={url}
        alt={visibleText(nameOf(path))}
        onError={() => setBroken(true)}
        className="max-h-full max-w-full object-contain"
      />
    </div>
  )
}

function useObjectUrl(bytes: Uint8Array | undefined, type: string): string | null {
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    if (!bytes) return
    const made = URL.createObjectURL(new Blob([bytes as BlobPart], { type }))
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [bytes, type])
  return url
}
