import type { Metadata } from 'next'
import { SignInNotice } from '@/components/shell/sign-in-notice'

export const metadata: Metadata = { title: 'Sign in' }

/** Where a visitor without a session lands. A good one-time link never gets here: the server redeems it before. */
export default async function SignInPage({ searchParams }: { searchParams: Promise<{ token?: string | string[] }> }) {
  const { token } = await searchParams
  return <SignInNotice used={token !== undefined} />
}
