import { redirect } from 'next/navigation'

export default async function SandboxPage({ params }: { params: Promise<{ sandboxId: string }> }) {
  const { sandboxId } = await params
  redirect(`/sandboxes/${encodeURIComponent(sandboxId)}/run`)
}
