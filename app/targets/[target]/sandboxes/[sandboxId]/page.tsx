import { redirect } from 'next/navigation'
import { sandboxAddress } from '@/components/target/addresses'

export default async function SandboxPage({ params }: { params: Promise<{ target: string; sandboxId: string }> }) {
  const { target, sandboxId } = await params
  redirect(sandboxAddress(target, sandboxId, 'run'))
}
