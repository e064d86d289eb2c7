import { redirect } from 'next/navigation'

export default async function SandboxPage({ params }: PageProps<'/sandboxes/[sandboxId]'>) {
  const { sandboxId } = await params
  redirect(`/sandboxes/${encodeURIComponent(sandboxId)}/run`)
}
