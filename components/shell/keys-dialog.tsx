'use client'
import { usePlainKeys } from '@/components/keys/hotkeys'
import { controlKeys, type Hotkey, hotkeyIds, hotkeys } from '@/components/keys/registry'
import { Dialog } from '@/components/ui/dialog'
import { KeyCaps } from '@/components/ui/kbd'
import { Switch } from '@/components/ui/switch'

const shortcuts: readonly Hotkey[] = [...hotkeyIds.map((id) => hotkeys[id]), ...controlKeys]
const groups = [...new Set(shortcuts.map(({ group }) => group))]

/** Every keyboard shortcut, and the switch for single-key shortcuts. */
export function KeysDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const { plainKeys, setPlainKeys } = usePlainKeys()
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title="Keyboard shortcuts" size="lg">
      <div className="gap-x-8 sm:columns-2">
        {groups.map((group) => (
          <section key={group} className="mb-4 break-inside-avoid">
            <h3 className="mb-1 text-meta font-medium text-ink-3">{group}</h3>
            <dl>
              {shortcuts
                .filter((hotkey) => hotkey.group === group)
                .map(({ keys, label }) => (
                  <div
                    key={`${keys} ${label}`}
                    className="flex items-center justify-between gap-3 border-b border-line py-1.5"
                  >
                    <dt className="text-body">{label}</dt>
                    <dd className="shrink-0">
                      <span className="sr-only">{keys}</span>
                      <KeyCaps keys={keys} />
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <div className="mt-3">
        <Switch
          checked={plainKeys}
          onChange={setPlainKeys}
          label="Single-key shortcuts"
          hint="Shortcuts without ⌘ or Ctrl. They are ignored while you type in a field, an editor or a terminal."
        />
      </div>
    </Dialog>
  )
}
