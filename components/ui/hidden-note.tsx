import { visibleText } from '@/lib/display/visible-text'
import { OutsideText } from './outside-text'

/** Under a field: what its value has that a field cannot show. Nothing for most values. */
export function HiddenNote({ name, value }: { name: string; value: string }) {
  if (visibleText(value, { lines: true }) === value) return null
  return (
    <p className="w-full text-label break-words text-time">
      {name} contains invisible characters:{' '}
      <span className="font-mono">
        <OutsideText text={value} lines />
      </span>
    </p>
  )
}
