import type { Metadata } from 'next'
import { InterpreterPage } from '@/components/interpreter/interpreter-page'

export const metadata: Metadata = { title: 'Interpreter' }

export default async function SandboxInterpreterPage({ params }: { params: Promise<{ sandboxId: string }> }) {
  const { sandboxId } = await params
  return <InterpreterPage sandboxId={sandboxId} />
}
