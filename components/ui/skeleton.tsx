import { classNames } from './class-names'

/** Uneven like text. All different, so that the width is also the row's key. */
const widths = [58, 43, 64, 37, 52, 47, 61, 40]

/** Placeholder rows during the first read, at most eight. They appear after 200 ms, so that a fast response shows none. */
export function SkeletonRows({
  rows = 4,
  tall = false,
  label = 'Loading',
}: {
  rows?: number
  /** 52 px rows with two lines instead of 32 px. */
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
