'use client'
import { Button } from '@/components/ui/button'
import { CopyButton } from '@/components/ui/copy-button'
import { Dialog, DialogActions } from '@/components/ui/dialog'
import { OutsideText } from '@/components/ui/outside-text'

/**
 * Asks before a link in output is opened. A program wrote the link, and its text may differ from its address, so the
 * user sees the address first.
 */
export function LinkDialog({ url, onClose }: { url: string | null; onClose: () => void }) {
  return (
    <Dialog
      open={url !== null}
      onOpenChange={(open) => !open && onClose()}
      title="Open this link?"
      description="It comes from the output of a program, not from this console."
    >
      {url !== null && (
        <>
          <p className="max-h-40 overflow-auto rounded-control border border-line bg-term p-2 font-mono text-label break-all text-ink-2">
            <Address url={url} />
          </p>
          <DialogActions>
            <CopyButton text={url} word="Copy" variant="secondary" size="lg" />
            <Button asChild variant="primary" size="lg" onClick={onClose}>
              <a href={url} target="_blank" rel="noopener noreferrer nofollow" referrerPolicy="no-referrer">
                Open in a new tab
              </a>
            </Button>
          </DialogActions>
        </>
      )}
    </Dialog>
  )
}

/** Highlights the host as the browser reads it: a look-alike name appears in its `xn--` form. */
function Address({ url }: { url: string }) {
  const parsed = URL.parse(url)
  if (!parsed) return <OutsideText text={url} />
  return (
    <>
      {parsed.protocol}
      {'//'}
      {parsed.username !== '' && `${parsed.username}@`}
      <strong className="font-semibold text-ink">{parsed.host}</strong>
      {parsed.pathname}
      {parsed.search}
      {parsed.hash}
    </>
  )
}
