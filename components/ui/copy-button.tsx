'use client'
import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button, type ButtonSize, type ButtonVariant, IconButton } from './button'
import { copyText } from './copy-text'

type Outcome = 'idle' | 'copied' | 'failed'

/** Copies a text and confirms it for two seconds. Pass a function when the text is expensive to build. */
export function CopyButton({
  text,
  label = 'Copy',
  word,
  variant = 'ghost',
  size = 'sm',
}: {
  text: string | (() => string)
  label?: string
  /** Text of the button; without it, the button is a square icon with a tooltip. */
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
  const feedback = outcome === 'copied' ? 'Copied' : outcome === 'failed' ? 'Could not copy' : null
  return (
    <>
      {word ? (
        <Button variant={variant} size={size} icon={icon} onClick={copy}>
          {feedback ?? word}
        </Button>
      ) : (
        <IconButton label={feedback ?? label} icon={icon} variant={variant} size={size} onClick={copy} />
      )}
      <span role="status" className="sr-only">
        {feedback}
      </span>
    </>
  )
}
