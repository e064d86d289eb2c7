'use client'
import type { ReactNode } from 'react'
import { toCallFailure } from '@/lib/queries/call-failure'
import { Button } from './button'
import { DialogActions } from './dialog'
import { ErrorState } from './error-state'

/** The end of a form in a dialog: why the last attempt failed, Cancel, and the button that submits. */
export function FormActions({
  error = null,
  busy = false,
  disabled = false,
  danger = false,
  onCancel,
  children,
}: {
  error?: unknown
  busy?: boolean
  disabled?: boolean
  danger?: boolean
  /** Left out where the form is not in a dialog. */
  onCancel?: (() => void) | undefined
  /** The words of the button. */
  children: ReactNode
}) {
  return (
    <>
      {error !== null && <ErrorState compact failure={toCallFailure(error)} />}
      <DialogActions>
        {onCancel && (
          <Button size="lg" variant="ghost" onClick={onCancel}>
            Cancel
          </Button>
        )}
        <Button size="lg" variant={danger ? 'danger' : 'primary'} type="submit" busy={busy} disabled={disabled}>
          {children}
        </Button>
      </DialogActions>
    </>
  )
}
