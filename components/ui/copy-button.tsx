'use client'
import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button, type ButtonSize, type ButtonVariant, IconButton } from './button'
import { copyText } from './copy-text'

type Outcome = 'idle' | 'copied' | 'failed'

/** Copies a text and says so for two seconds. A function is asked at the press, for texts that are dear to build. */
export function CopyButton({
  text,
  label = 'Copy',
  word,
  variant = 'ghost',
  size = 'sm',
}: {
  text: string | (() => string)
  label?: string
  /** With a word it is a button with text; without, a square with a tooltip. */
  word?: string
  variant?: ButtonVariant
  size?: ButtonSize
}) {
  const [outcome, setOutcome] = useState<Outcome>('idle')
  useEffect(() => {
    if (outcome === 'idle') return
    const timer = setTimeout(() => setOutcome('idle'), 2000)
    return () => clearTimeout(timer)
  }, [outcome])

  const copy = async () => {
    setOutcome((await copyText(typeof text === 'function' ? text() : text)) ? 'copied' : 'failed')
  }
  const icon = outcome === 'copied' ? <Check strokeWidth={1.5} /> : <Copy strokeWidth={1.5} />
  const said = outcome === 'copied' ? 'Copied' : outcome === 'failed' ? 'Could not copy' : null
  return (
    <>
      {word ? (
        <Button variant={variant} size={size} icon={icon} onClick={copy}>
          {said ?? word}
        </Button>
      ) : (
        <IconButton label={said ?? label} icon={icon} variant={variant} size={size} onClick={copy} />
      )}
      <span role="status" className="sr-only">
        {said}
      </span>
    </>
  )
}
