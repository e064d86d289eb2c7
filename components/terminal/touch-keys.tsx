import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp } from 'lucide-react'
import type { ReactNode } from 'react'
import { Button } from '@/components/ui/button'
import type { PtyView } from './pty-view'

/** Keys that keyboards of touch screens do not have. A tap keeps the focus in the terminal, and with it the keyboard. */
export function TouchKeys({ view, stickyCtrl }: { view: PtyView; stickyCtrl: boolean }) {
  const key = (label: string, content: ReactNode, press: () => void, pressed?: boolean) => (
    <Button
      key={label}
      aria-label={label}
      aria-pressed={pressed}
      className={pressed ? 'min-w-11 flex-1 border-accent' : 'min-w-11 flex-1'}
      onPointerDown={(event) => event.preventDefault()}
      onClick={() => {
        press()
        view.focus()
      }}
    >
      {content}
    </Button>
  )
  return (
    <div
      role="toolbar"
      aria-label="Terminal keys"
      className="hidden shrink-0 gap-1 overflow-x-auto border-t border-line bg-surface p-1 pointer-coarse:flex"
    >
      {key('Control, for the next key', 'Ctrl', () => view.setStickyCtrl(!stickyCtrl), stickyCtrl)}
      {key('Escape', 'Esc', () => view.type('\x1b'))}
      {key('Tab', 'Tab', () => view.type('\t'))}
      {key('Left', <ArrowLeft size={16} strokeWidth={1.5} />, () => view.arrow('D'))}
      {key('Up', <ArrowUp size={16} strokeWidth={1.5} />, () => view.arrow('A'))}
      {key('Down', <ArrowDown size={16} strokeWidth={1.5} />, () => view.arrow('B'))}
      {key('Right', <ArrowRight size={16} strokeWidth={1.5} />, () => view.arrow('C'))}
    </div>
  )
}
