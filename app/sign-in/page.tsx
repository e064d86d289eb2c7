import type { Metadata } from 'next'
import { InvitationNotice } from '@/components/shell/invitation-notice'
import { SignInNotice } from '@/components/shell/sign-in-notice'

export const metadata: Metadata = { title: 'Sign in' }

type Query = Record<'token' | 'invitation', string | string[] | undefined>

/** The page for visitors without a session. A valid sign-in link never gets here: the middleware redeems it first. */
export default async function SignInPage({ searchParams }: { searchParams: Promise<Query> }) {
  const { token, invitation } = await searchParams
  if (typeof invitation === 'string') return <InvitationNotice token={invitation} />
  return <SignInNotice used={token !== undefined} />
}
