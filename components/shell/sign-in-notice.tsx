import { CopyButton } from '@/components/ui/copy-button'

const command = 'npm run sign-in'

/** Asks the visitor to sign in and shows the command that prints a fresh link. `used`: the visitor's link did not work. */
export function SignInNotice({ used }: { used: boolean }) {
  return (
    <main className="flex min-h-dvh items-center justify-center bg-canvas px-6 py-12">
      <div className="w-full max-w-[440px]">
        <p className="text-label font-semibold text-ink-2">Sandglass</p>
        <h1 className="mt-1 text-page font-semibold">
          {used ? 'This sign-in link was already used or has expired' : 'You are not signed in'}
        </h1>
        <p className="mt-2 text-body text-ink-2">
          Run this command on the machine that runs Sandglass, then open the link it prints in this browser.
        </p>
        <div className="mt-4 flex items-center gap-1 rounded-control border border-line bg-term py-1 pr-1 pl-3">
          <code className="min-w-0 flex-1 text-body">
            <span aria-hidden="true" className="text-ink-3 select-none">
              ${' '}
            </span>
            {command}
          </code>
          <CopyButton text={command} label="Copy the command" />
        </div>
        <p className="mt-3 text-label text-ink-3">Each link works once. After that, this browser stays signed in.</p>
      </div>
    </main>
  )
}
