'use client'
import { useQuery } from '@tanstack/react-query'
import { useSearchParams } from 'next/navigation'
import { useTarget } from '@/components/target/target-provider'
import { useInBrowser } from '@/components/ui/local-time'
import { sandboxQuery } from '@/lib/queries/reads'
import { Notebook } from './notebook'

const defaultFile = 'notebook.ipynb'

/** The Interpreter page of a sandbox: the notebook in the address, `notebook.ipynb` of the working directory by default. */
export function InterpreterPage({ sandboxId }: { sandboxId: string }) {
  const target = useTarget()
  const inBrowser = useInBrowser()
  const params = useSearchParams()
  const { data: sandbox } = useQuery(sandboxQuery(target, sandboxId))
  if (!inBrowser || !sandbox) return <div className="min-h-0 flex-1 bg-surface" />
  if (sandbox.state !== 'started') {
    return <p className="px-3 py-3 text-body text-ink-3">The sandbox is not running. Start it to open its notebooks.</p>
  }
  const path = params.get('file') || defaultFile
  return <Notebook key={path} sandboxId={sandboxId} path={path} contextId={params.get('context') || null} />
}
