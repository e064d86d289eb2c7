import { classNames } from './class-names'
import type { Glyph } from './state-display'

/** SVG, not text: a font that lacks one of these characters would fall back to another and break row alignment. */
const shapes: Record<Glyph, React.ReactNode> = {
  idle: <circle cx="6" cy="6" r="3.75" fill="none" stroke="currentColor" strokeWidth="1.25" />,
  starting: (
    <circle
      cx="6"
      cy="6"
      r="3.75"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeDasharray="1.6 2.33"
      strokeLinecap="round"
    />
  ),
  running: <circle cx="6" cy="6" r="3.75" fill="currentColor" />,
  waiting: (
    <path
      d="m2 3 3.25 3L2 9M6.5 9.5h4"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  ),
  succeeded: (
    <path d="M2 6.5 4.75 9.25 10 3" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />
  ),
  failed: <path d="m2.75 2.75 6.5 6.5m0-6.5-6.5 6.5" stroke="currentColor" strokeWidth="1.6" strokeLinecap="round" />,
  killed: <rect x="2.25" y="2.25" width="7.5" height="7.5" rx="1" fill="currentColor" />,
  timeout: (
    <path
      d="M6 1.9a4.1 4.1 0 1 0 0 8.2 4.1 4.1 0 0 0 0-8.2ZM6 3.6V6l1.8 1.2"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.25"
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  ),
  interrupted: (
    <>
      <rect x="2.25" y="2.25" width="7.5" height="7.5" rx="1" fill="none" stroke="currentColor" strokeWidth="1.25" />
      <path d="M2.25 2.25H6v7.5H2.25z" fill="currentColor" />
    </>
  ),
  disconnected: (
    <path
      d="M1.5 7.5c1.2-3 2.5-3 3.5-1.5M10.5 4.5c-1.2 3-2.5 3-3.5 1.5M6.8 2.2 5.2 9.8"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.25"
      strokeLinecap="round"
    />
  ),
  unknown: (
    <path
      d="M3.9 4.2C3.9 2.9 4.8 2 6 2s2.1.8 2.1 2c0 1.7-2.1 1.7-2.1 3.4M6 9.7v.1"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeLinecap="round"
    />
  ),
  'read-only': (
    <>
      <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.25" />
      <circle cx="6" cy="6" r="1.75" fill="currentColor" />
    </>
  ),
}

/** The 12 px glyph of a state, in the current colour. `running` pulses and `starting` spins. */
export function StateGlyph({
  glyph,
  still = false,
  className,
}: {
  glyph: Glyph
  /** No animation, for states that last for hours. */
  still?: boolean
  className?: string
}) {
  return (
    <svg
      viewBox="0 0 12 12"
      width="12"
      height="12"
      aria-hidden="true"
      className={classNames(
        'shrink-0',
        !still && glyph === 'running' && 'animate-pulse-dot',
        glyph === 'starting' && 'animate-slow-spin',
        className,
      )}
    >
      {shapes[glyph]}
    </svg>
  )
}
