import { Button } from '@/components/ui/button'

/** Lets an invited person sign in. It says nothing about the invitation, because link previews open it too. */
export function InvitationNotice({ token }: { token: string }) {
  return (
    <main className="flex min-h-dvh items-center justify-center bg-canvas px-6 py-12">
      <div className="w-full max-w-[440px]">
        <p className="text-label font-semibold text-ink-2">Sandglass</p>
        <h1 className="mt-1 text-page font-semibold">You are invited</h1>
        <p className="mt-2 text-body text-ink-2">
          This link signs you in to this console. It works once; after that, this browser stays signed in.
        </p>
        <form method="post" action={`/sign-in?${new URLSearchParams({ invitation: token })}`} className="mt-4">
          <Button type="submit" variant="primary">
            Sign in
          </Button>
        </form>
      </div>
    </main>
  )
}
