import type { Metadata } from 'next'
import { SignInNotice } from '@/components/shell/sign-in-notice'

export const metadata: Metadata = { title: 'Sign in' }

/** The page for visitors without a session. A valid sign-in link never gets here: the middleware redeems it first. */
export default async function SignInPage({ searchParams }: { searchParams: Promise<{ token?: string | string[] }> }) {
  const { token } = await searchParams
  return <SignInNotice used={token !== undefined} />
}
