'use client'
import { useQuery } from '@tanstack/react-query'
import { ChevronDown, ExternalLink, Link2Off, PanelRight } from 'lucide-react'
import Link from 'next/link'
import { ownerDisplay } from '@/components/processes/process-display'
import { commandLine } from '@/components/processes/process-rows'
import { useTarget } from '@/components/target/target-provider'
import { useCapabilities } from '@/components/target/use-capabilities'
import { Button, IconButton } from '@/components/ui/button'
import { useNow } from '@/components/ui/clock'
import { CopyButton } from '@/components/ui/copy-button'
import { ErrorState } from '@/components/ui/error-state'
import { Menu, MenuItem, MenuLabel } from '@/components/ui/menu'
import { OutsideText } from '@/components/ui/outside-text'
import { Pane, PaneBody, PaneHeader } from '@/components/ui/pane'
import { formatCoarseAge } from '@/components/ui/quantity'
import { visibleText } from '@/lib/display/visible-text'
import type { PortListener } from '@/lib/process-api/ports'
import { toCallFailure } from '@/lib/queries/call-failure'
import { portsQuery } from '@/lib/queries/reads'
import { openPortPath } from './port-address'
import { type PortLink, usePortLinks } from './port-links'
import { useCreatePortLink, useRevokePortLink } from './port-mutations'

/** What listens in the sandbox: its process, a preview, and links to it. */
export function PortsPane({
  sandboxId,
  running,
  previewed,
  onPreview,
}: {
  sandboxId: string
  running: boolean
  previewed: number | null
  onPreview: (port: number | null) => void
}) {
  const target = useTarget()
  const { listeners: namesProcesses } = useCapabilities(sandboxId)
  const { data, error, refetch } = useQuery({ ...portsQuery(target, sandboxId), enabled: running })
  const { links } = usePortLinks(target, sandboxId)
  const listeners = running ? (data ?? []) : []
  return (
    <Pane label="Ports" className="h-auto! max-h-[45%] shrink-0 border-b border-line">
      <PaneHeader
        title={
          <>
            Ports
            {running && data && <span className="ml-1.5 font-normal text-ink-3 tabular-nums">{data.length}</span>}
          </>
        }
        chip={
          listeners.length > 0 &&
          !namesProcesses && (
            <span className="truncate text-label text-ink-3">This target does not report which process listens.</span>
          )
        }
      />
      <PaneBody>
        {!running && (
          <p className="px-3 py-2 text-label text-ink-3">Nothing is listening while the sandbox is stopped.</p>
        )}
        {running && error && data === undefined && (
          <div className="p-2">
            <ErrorState compact failure={toCallFailure(error)} onRetry={() => refetch()} />
          </div>
        )}
        {running && data?.length === 0 && (
          <p className="px-3 py-2 text-label text-ink-3">
            No ports are open. Start a server, for example <code>python3 -m http.server 8000</code>, and it appears
            here.
          </p>
        )}
        {listeners.length > 0 && (
          <ul aria-label="Ports">
            {listeners.map((listener) => (
              <PortRow
                key={listener.port}
                sandboxId={sandboxId}
                listener={listener}
                links={links.filter((link) => link.port === listener.port)}
                previewed={previewed === listener.port}
                onPreview={() => onPreview(previewed === listener.port ? null : listener.port)}
              />
            ))}
          </ul>
        )}
        {running && <OrphanLinks sandboxId={sandboxId} links={links} listeners={data} />}
      </PaneBody>
    </Pane>
  )
}

const durations = [
  { label: '10 minutes', seconds: 600 },
  { label: '1 hour', seconds: 3_600 },
  { label: '24 hours', seconds: 86_400 },
]

function PortRow({
  sandboxId,
  listener,
  links,
  previewed,
  onPreview,
}: {
  sandboxId: string
  listener: PortListener
  links: readonly PortLink[]
  previewed: boolean
  onPreview: () => void
}) {
  const target = useTarget()
  const { port, addresses, process } = listener
  const create = useCreatePortLink(sandboxId)
  const line = process === null ? null : commandLine(process)
  return (
    <li className="border-b border-line last:border-b-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 px-3 py-1">
        <span className="w-12 shrink-0 font-mono font-medium tabular-nums" title={addresses.join(', ') || undefined}>
          {port}
        </span>
        {line !== null && (
          <span className="min-w-24 flex-1 truncate font-mono text-ink-2" title={visibleText(line)}>
            <OutsideText text={line} />
          </span>
        )}
        {line === null && <span className="min-w-0 flex-1" />}
        {process && <Owner sandboxId={sandboxId} owner={process.owner} />}
        <span className="flex shrink-0 items-center gap-1">
          <Button
            size="sm"
            icon={<PanelRight strokeWidth={1.5} size={14} />}
            aria-pressed={previewed}
            onClick={onPreview}
          >
            Preview
          </Button>
          <Button size="sm" variant="ghost" asChild>
            <a href={openPortPath(target, sandboxId, port)} target="_blank" rel="noreferrer">
              <ExternalLink strokeWidth={1.5} size={14} aria-hidden="true" />
              Open
            </a>
          </Button>
          <Menu
            label={`Copy a link to port ${port}`}
            trigger={
              <Button
                size="sm"
                variant="ghost"
                busy={create.isPending}
                icon={<ChevronDown strokeWidth={1.5} size={14} />}
              >
                Copy link
              </Button>
            }
          >
            <MenuLabel>Everyone with the link can open this port for</MenuLabel>
            {durations.map(({ label, seconds }) => (
              <MenuItem key={seconds} onSelect={() => create.mutate({ port, expiresInSeconds: seconds })}>
                {label}
              </MenuItem>
            ))}
          </Menu>
        </span>
      </div>
      <p role="status" className="px-3 pb-1 text-label text-ink-3 empty:hidden">
        {create.data && (create.data.copied ? 'Link copied.' : 'The link could not be copied. Copy it below.')}
      </p>
      {create.error && (
        <p role="alert" className="px-3 pb-1 text-label text-fail">
          <OutsideText text={toCallFailure(create.error).message} />
        </p>
      )}
      <Links sandboxId={sandboxId} links={links} />
    </li>
  )
}

function Owner({ sandboxId, owner }: { sandboxId: string; owner: NonNullable<PortListener['process']>['owner'] }) {
  const { word, href } = ownerDisplay(owner, useTarget(), sandboxId)
  if (href === null) {
    return (
      <span className="max-w-48 truncate text-label text-ink-3">
        <OutsideText text={word} />
      </span>
    )
  }
  return (
    <Link href={href} prefetch={false} className="max-w-48 truncate text-label text-accent hover:underline">
      <OutsideText text={word} />
    </Link>
  )
}

/** Links to ports on which nothing listens any more: they work again when something does. */
function OrphanLinks({
  sandboxId,
  links,
  listeners,
}: {
  sandboxId: string
  links: readonly PortLink[]
  listeners: readonly PortListener[] | undefined
}) {
  const orphans = listeners ? links.filter((link) => listeners.every(({ port }) => port !== link.port)) : []
  if (orphans.length === 0) return null
  return <Links sandboxId={sandboxId} links={orphans} />
}

function Links({ sandboxId, links }: { sandboxId: string; links: readonly PortLink[] }) {
  if (links.length === 0) return null
  return (
    <ul aria-label="Links" className="pb-1">
      {links.map((link) => (
        <LinkRow key={link.token} sandboxId={sandboxId} link={link} />
      ))}
    </ul>
  )
}

function LinkRow({ sandboxId, link }: { sandboxId: string; link: PortLink }) {
  const now = useNow()
  const revoke = useRevokePortLink(sandboxId)
  return (
    <li className="flex min-h-7 items-center gap-2 px-3 text-label text-ink-3">
      <span className="shrink-0">
        Link to {link.port}
        {now !== null && ` · ends in ${formatCoarseAge(link.expiresAt - now)}`}
      </span>
      {revoke.error && (
        <span role="alert" className="min-w-0 truncate text-fail">
          <OutsideText text={toCallFailure(revoke.error).message} />
        </span>
      )}
      <CopyButton text={link.url} label={`Copy the link to ${link.port}`} />
      <IconButton
        size="sm"
        label={`Revoke the link to ${link.port}`}
        icon={<Link2Off strokeWidth={1.5} />}
        disabled={revoke.isPending}
        onClick={() => revoke.mutate(link)}
      />
    </li>
  )
}
