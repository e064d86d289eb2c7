import { visibleText } from '@/lib/display/visible-text'
import { OutsideText } from './outside-text'

/** Below a field whose value has invisible characters: the value with their code points. Else renders nothing. */
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
