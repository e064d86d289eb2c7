'use client'
import { usePlatform } from '@/components/keys/platform'
import { type HotkeyId, hotkeys, keyCaps } from '@/components/keys/registry'

/** The key caps of a shortcut. Decorative: the control itself has `aria-keyshortcuts`. */
export function Kbd({ hotkey, className }: { hotkey: HotkeyId; className?: string }) {
  return <KeyCaps keys={hotkeys[hotkey].keys} {...(className === undefined ? {} : { className })} />
}

/** The caps of keys in the notation of the registry. */
export function KeyCaps({ keys, className }: { keys: string; className?: string }) {
  const platform = usePlatform()
  const presses = keyCaps(keys, platform)
  return (
    <span aria-hidden="true" className={className}>
      {presses.map((caps) => (
        <kbd
          key={caps.join()}
          className="ml-1 inline-flex h-4 min-w-4 items-center justify-center gap-1 rounded-chip border border-current/25 px-1 font-mono text-meta font-normal text-ink-3 first:ml-0"
        >
          {caps.map((cap) => (
            <span key={cap}>{cap}</span>
          ))}
        </kbd>
      ))}
    </span>
  )
}
