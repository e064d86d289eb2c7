import Link from 'next/link'
import { Button } from '@/components/ui/button'

export default function NotFound() {
  return (
    <main className="mx-auto flex min-h-dvh max-w-[480px] flex-col items-start justify-center gap-3 px-6">
      <p className="font-mono text-meta text-ink-3">NOT_FOUND</p>
      <h1 className="text-page font-semibold">Page not found</h1>
      <p className="text-body text-ink-2">The page may have been deleted, or the link is incomplete.</p>
      <Button asChild>
        <Link href="/">All sandboxes</Link>
      </Button>
    </main>
  )
}
