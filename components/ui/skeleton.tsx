import { classNames } from './class-names'

/** Uneven, as text is; each row has its own, so the width is also its key. */
const widths = [58, 43, 64, 37, 52, 47, 61, 40]

/** Rows of the final height while the first read is under way. They appear after 200 ms, so a fast answer shows none. At most eight. */
export function SkeletonRows({
  rows = 4,
  tall = false,
  label = 'Loading',
}: {
  rows?: number
  /** 52 px rows of two lines; else 32 px. */
  tall?: boolean
  label?: string
}) {
  return (
    <div role="status" aria-label={label} className="animate-late">
      {widths.slice(0, rows).map((width) => (
        <div
          key={width}
          className={classNames(
            'flex flex-col justify-center gap-2 border-b border-line px-3',
            tall ? 'h-[52px]' : 'h-8',
          )}
        >
          <div className="h-2.5 rounded-chip bg-hover" style={{ width: `${width}%` }} />
          {tall && <div className="h-2 rounded-chip bg-hover" style={{ width: `${width / 2}%` }} />}
        </div>
      ))}
    </div>
  )
}
