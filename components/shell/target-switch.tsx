'use client'
import { ChevronsUpDown, Server } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { homeAddress } from '@/components/target/addresses'
import { useTargets } from '@/components/target/target-provider'
import { Menu, MenuLabel, MenuRadioGroup } from '@/components/ui/menu'
import { OutsideText } from '@/components/ui/outside-text'
import { visibleText } from '@/lib/display/visible-text'

/** Shows the current target and switches to another. Renders nothing when there is only one. */
export function TargetSwitch({ narrow }: { narrow: boolean }) {
  const { current, all } = useTargets()
  const router = useRouter()
  if (all.length < 2) return null
  const options = all.map(({ name, apiUrl }) => ({
    value: name,
    label: name,
    note: apiUrl === null ? 'this installation' : new URL(apiUrl).host,
  }))
  return (
    <div className="border-b border-line p-2">
      <Menu
        label="Targets"
        align="start"
        trigger={
          <button
            type="button"
            aria-label={visibleText(`Target: ${current}`)}
            title={narrow ? visibleText(current) : undefined}
            className="focus-inset flex h-8 w-full items-center gap-2.5 rounded-control px-2 text-body text-ink transition-colors hover:bg-hover data-[state=open]:bg-hover pointer-coarse:h-11"
          >
            <Server aria-hidden="true" size={16} strokeWidth={1.5} className="shrink-0 text-ink-2" />
            {!narrow && (
              <>
                <span className="min-w-0 flex-1 truncate text-left font-mono">
                  <OutsideText text={current} />
                </span>
                <ChevronsUpDown aria-hidden="true" size={14} strokeWidth={1.5} className="shrink-0 text-ink-3" />
              </>
            )}
          </button>
        }
      >
        <MenuLabel>Target</MenuLabel>
        <MenuRadioGroup value={current} onChange={(name) => router.push(homeAddress(name))} options={options} />
      </Menu>
    </div>
  )
}
