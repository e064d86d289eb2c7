'use client'
import { createContext, type ReactNode, useContext, useEffect, useEffectEvent, useMemo, useState } from 'react'
import { tinykeys } from 'tinykeys'
import { type HotkeyId, hotkeyIds, hotkeys, isPlainKey, keyBindings } from './registry'

/** Return `false` to pass the key on to an earlier handler or the browser. */
export type HotkeyHandler = (event: KeyboardEvent) => unknown

interface Dispatcher {
  add(id: HotkeyId, handler: HotkeyHandler): () => void
  /** Runs the newest handler of an action, for menus and the palette. False when the page has no handler for it. */
  run(id: HotkeyId): boolean
  has(id: HotkeyId): boolean
  plainKeys: boolean
  setPlainKeys(on: boolean): void
}

const DispatcherContext = createContext<Dispatcher | null>(null)
const plainKeysItem = 'sandglass.plain-keys'

/** Listens for every registered shortcut and calls the newest handler that a mounted component added. */
export function HotkeyProvider({ children }: { children: ReactNode }) {
  const [handlers] = useState(() => new Map<HotkeyId, HotkeyHandler[]>())
  const [plainKeys, setPlainKeys] = useState(true)

  useEffect(() => {
    setPlainKeys(localStorage.getItem(plainKeysItem) !== 'off')
  }, [])

  const dispatcher = useMemo<Dispatcher>(
    () => ({
      add(id, handler) {
        handlers.set(id, [...(handlers.get(id) ?? []), handler])
        return () => {
          handlers.set(
            id,
            (handlers.get(id) ?? []).filter((known) => known !== handler),
          )
        }
      },
      run(id) {
        const newest = handlers.get(id)?.at(-1)
        if (!newest) return false
        return newest(new KeyboardEvent('keydown')) !== false
      },
      has: (id) => (handlers.get(id)?.length ?? 0) > 0,
      plainKeys,
      setPlainKeys(on) {
        setPlainKeys(on)
        localStorage.setItem(plainKeysItem, on ? 'on' : 'off')
      },
    }),
    [handlers, plainKeys],
  )

  useEffect(() => {
    const bindings: Record<string, (event: KeyboardEvent) => void> = {}
    for (const keys of new Set(hotkeyIds.map((id) => hotkeys[id].keys))) {
      const ids = hotkeyIds.filter((id) => hotkeys[id].keys === keys)
      const onKeys = (event: KeyboardEvent) => {
        if (event.defaultPrevented || event.isComposing) return
        if (isPlainKey(keys) && (!plainKeys || isTyping(event.target))) return
        if (isForProgram(event)) return
        if (isInOverlay(event.target) && !ids.includes('palette.open')) return
        callNewest(
          ids.flatMap((id) => handlers.get(id) ?? []),
          event,
        )
      }
      for (const binding of keyBindings(keys)) bindings[binding] = onKeys
    }
    // In the capture phase, because the editor binds some of these keys itself.
    return tinykeys(window, bindings, { capture: true })
  }, [handlers, plainKeys])

  return <DispatcherContext value={dispatcher}>{children}</DispatcherContext>
}

/** Calls the handlers from newest to oldest until one takes the key. */
function callNewest(handlers: readonly HotkeyHandler[], event: KeyboardEvent): void {
  if (handlers.findLast((handler) => handler(event) !== false) === undefined) return
  event.preventDefault()
  event.stopPropagation()
}

function useDispatcher(): Dispatcher {
  const dispatcher = useContext(DispatcherContext)
  if (!dispatcher) throw new Error('HotkeyProvider is missing above this component')
  return dispatcher
}

/** Registers a handler while the component is mounted and `enabled`. */
export function useHotkey(id: HotkeyId, handler: HotkeyHandler, enabled = true): void {
  const { add } = useDispatcher()
  const onKey = useEffectEvent(handler)
  useEffect(() => {
    if (!enabled) return
    return add(id, (event) => onKey(event))
  }, [add, id, enabled])
}

/** For menus and the palette: runs an action by its id, and says whether the page offers it now. */
export function useHotkeyActions(): Pick<Dispatcher, 'run' | 'has'> {
  return useDispatcher()
}

/** The user's setting for single-key shortcuts (WCAG 2.1.4). */
export function usePlainKeys(): Pick<Dispatcher, 'plainKeys' | 'setPlainKeys'> {
  return useDispatcher()
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest('input, textarea, select, [role="textbox"], [role="menu"]') !== null)
  )
}

/** In a terminal, Ctrl with a key is input for the program: `Ctrl-K` cuts a line. There, ⌘ and Ctrl+Shift are ours. */
function isForProgram({ target, ctrlKey, metaKey, shiftKey }: KeyboardEvent): boolean {
  return ctrlKey && !metaKey && !shiftKey && target instanceof Element && target.closest('[data-terminal]') !== null
}

function isInOverlay(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest('[role="dialog"], [role="alertdialog"]') !== null
}
