import { TriangleAlert } from 'lucide-react'
import { OutsideText } from '@/components/ui/outside-text'

/**
 * Warns that the isolation of this sandbox from its host is weaker than it should be. Shown on every page of the
 * sandbox; it cannot be dismissed.
 */
export function IsolationBanner({ warnings }: { warnings: readonly string[] }) {
  const [first, ...rest] = warnings
  if (first === undefined) return null
  return (
    <aside
      aria-label="Isolation warning"
      className="tone-time flex shrink-0 items-start gap-2 border-b border-tone/40 tone-ground px-3 py-1.5 text-body"
    >
      <TriangleAlert aria-hidden="true" size={16} strokeWidth={1.5} className="mt-0.5 shrink-0 text-tone" />
      {rest.length === 0 ? (
        <p>
          <OutsideText text={first} />
        </p>
      ) : (
        <details className="min-w-0">
          <summary className="pointer-coarse:py-2.5">
            <OutsideText text={first} /> <span className="text-tone underline">{rest.length} more</span>
          </summary>
          <ul className="list-disc pl-4">
            {rest.map((warning) => (
              <li key={warning}>
                <OutsideText text={warning} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </aside>
  )
}
