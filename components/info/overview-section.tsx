'use client'
import { Age } from '@/components/ui/age'
import { CopyButton } from '@/components/ui/copy-button'
import { LocalTime } from '@/components/ui/local-time'
import { OutsideText } from '@/components/ui/outside-text'
import type { SandboxDto } from '@/lib/process-api/sandbox'
import { Facts, Section } from './section'

/** Id, times, origin and isolation of a sandbox. */
export function OverviewSection({ sandbox }: { sandbox: SandboxDto }) {
  const { isolation, lastStop } = sandbox
  return (
    <Section title="Sandbox">
      <Facts>
        <dt>ID</dt>
        <dd className="flex items-center gap-1">
          <span className="min-w-0 truncate font-mono">
            <OutsideText text={sandbox.id} />
          </span>
          <CopyButton text={sandbox.id} label="Copy the ID" />
        </dd>
        {sandbox.snapshot && (
          <>
            <dt>Created from</dt>
            <dd className="font-mono">
              <OutsideText text={sandbox.snapshot} />
            </dd>
          </>
        )}
        <dt>User</dt>
        <dd className="font-mono">
          <OutsideText text={sandbox.user} />
        </dd>
        {sandbox.createdAt && (
          <>
            <dt>Created</dt>
            <dd>
              <LocalTime iso={sandbox.createdAt} /> · <Age since={sandbox.createdAt} coarse /> ago
            </dd>
          </>
        )}
        {sandbox.lastActivityAt && (
          <>
            <dt>Last activity</dt>
            <dd>
              <LocalTime iso={sandbox.lastActivityAt} />
            </dd>
          </>
        )}
        {lastStop && (
          <>
            <dt>Last stop</dt>
            <dd>
              <LocalTime iso={lastStop.at} /> · <OutsideText text={lastStop.message} />
            </dd>
          </>
        )}
        <dt>Isolation</dt>
        <dd className={isolation?.kind === 'none' ? 'text-time' : undefined}>
          <OutsideText text={isolation?.kind ?? 'The target does not report it.'} />
        </dd>
        {sandbox.daemonVersion && (
          <>
            <dt>API version</dt>
            <dd>
              <OutsideText text={sandbox.daemonVersion} />
            </dd>
          </>
        )}
      </Facts>
    </Section>
  )
}
