'use client'
import { Monitor, Moon, Sun } from 'lucide-react'
import type { Theme } from '@/components/theme/theme'
import { useTheme } from '@/components/theme/theme-provider'
import { IconButton } from '@/components/ui/button'
import { Menu, MenuRadioGroup } from '@/components/ui/menu'

const options = [
  { value: 'dark', label: 'Dark', icon: <Moon strokeWidth={1.5} /> },
  { value: 'light', label: 'Light', icon: <Sun strokeWidth={1.5} /> },
  { value: 'system', label: 'System', icon: <Monitor strokeWidth={1.5} /> },
] as const satisfies readonly { value: Theme; label: string; icon: React.ReactNode }[]

/** Selects the dark, light or system theme. */
export function ThemeMenu() {
  const { theme, setTheme } = useTheme()
  const current = options.find((option) => option.value === theme)
  return (
    <Menu trigger={<IconButton label={`Theme: ${current?.label ?? theme}`} icon={current?.icon} />} label="Theme">
      <MenuRadioGroup value={theme} onChange={setTheme} options={options} />
    </Menu>
  )
}
