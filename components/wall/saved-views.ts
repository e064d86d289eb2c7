'use client'
import { storedPreferences } from '@/components/ui/stored-preferences'

interface SavedView {
  /** The target that the view belongs to. */
  target: string
  name: string
  /** The query of its address. */
  query: string
}

const maxViews = 50

const stored = storedPreferences<{ views: readonly SavedView[] }>('sandglass.wall', { views: [] }, ({ views }) => ({
  views: (Array.isArray(views) ? views : []).filter(isView).slice(0, maxViews),
}))

function isView(view: unknown): view is SavedView {
  return (
    typeof view === 'object' &&
    view !== null &&
    ['target', 'name', 'query'].every((field) => typeof Reflect.get(view, field) === 'string')
  )
}

/** The views of a target that were saved in this browser, by name, and their changes. */
export function useSavedViews(target: string) {
  const { views } = stored.use()
  const others = (name: string) => views.filter((view) => view.target !== target || view.name !== name)
  return {
    views: views.filter((view) => view.target === target).sort((one, other) => one.name.localeCompare(other.name)),
    /** Replaces the view of the same name. */
    save: (name: string, query: string) => stored.set({ views: [...others(name), { target, name, query }] }),
    remove: (name: string) => stored.set({ views: others(name) }),
  }
}
