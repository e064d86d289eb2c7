'use client'
import { useQuery } from '@tanstack/react-query'
import dynamic from 'next/dynamic'
import { useEffect, useState } from 'react'
import { freeSessionId } from '@/components/execution/free-session-id'
import { sortSessions } from '@/components/execution/sort-sessions'
import { useHotkey } from '@/components/keys/hotkeys'
import { useNav } from '@/components/shell/nav-state'
import type { SessionLocation } from '@/components/target/session-location'
import { useTarget } from '@/components/target/target-provider'
import { useInBrowser } from '@/components/ui/local-time'
import { Pane, PaneBody, PaneHeader } from '@/components/ui/pane'
import { useMediaQuery } from '@/components/ui/use-media-query'
import type { SessionDetail } from '@/lib/process-api/process'
import { sandboxQuery, sessionQuery, sessionsQuery } from '@/lib/queries/reads'
import { CommandPane } from './command-pane'
import { CreateSessionDialog, type SessionSeed } from './create-session-dialog'
import { NoSessions } from './no-sessions'
import { SessionList } from './session-list'
import { type SessionsPane, SessionsPanes } from './sessions-panes'
import { useSessionLocation } from './use-session-location'

const CommandLog = dynamic(() => import('./command-log').then((loaded) => loaded.CommandLog), {
  ssr: false,
  loading: () => <div className="h-full bg-term" />,
})

/** The Sessions page of a sandbox. Pane widths are stored in the browser, so the server renders only an empty frame. */
export function SessionsPage({ sandboxId }: { sandboxId: string }) {
  const inBrowser = useInBrowser()
  return inBrowser ? <Sessions sandboxId={sandboxId} /> : <div className="min-h-0 flex-1 bg-surface" />
}

function Sessions({ sandboxId }: { sandboxId: string }) {
  const target = useTarget()
  const { narrow } = useNav()
  // Three panes of 200, 260 and 420 px beside the navigation.
  const wide = useMediaQuery(narrow ? '(min-width: 930px)' : '(min-width: 1094px)')
  const { location, go, settle } = useSessionLocation(sandboxId)
  const [seed, setSeed] = useState<SessionSeed | null>(null)
  const [created, setCreated] = useState<string | null>(null)
  const [pane, setPane] = useState<SessionsPane>(paneOf(location))
  const { data: sandbox } = useQuery(sandboxQuery(target, sandboxId))
  const { data: sessions } = useQuery(sessionsQuery(target, sandboxId))
  const { sessionId, commandId } = location
  const { data: session } = useQuery({
    ...sessionQuery(target, sandboxId, sessionId ?? ''),
    enabled: sessionId !== null,
  })
  const command = session?.commands.find((one) => one.id === commandId)
  const disabled = !sandbox || sandbox.state === 'started' ? null : 'the sandbox is not running'
  const taken = sessions?.map((one) => one.sessionId) ?? []

  const firstSession = sessions && sortSessions(sessions).find((one) => !one.system)?.sessionId
  const newestCommand = session?.sessionId === sessionId ? session?.commands.at(-1)?.id : undefined
  useEffect(() => {
    // With panes side by side, select the first session and its newest command instead of showing empty panes.
    if (!wide) return
    if (sessionId === null && firstSession) settle({ sessionId: firstSession, commandId: null })
    else if (sessionId !== null && commandId === null && newestCommand) settle({ sessionId, commandId: newestCommand })
  }, [wide, sessionId, commandId, firstSession, newestCommand, settle])

  const choose = (next: SessionLocation) => {
    go(next)
    setPane(paneOf(next))
  }
  const openDialog = (cwd = '', base?: string) => setSeed({ sessionId: freeSessionId(taken, base), cwd })
  useHotkey('new.here', () => openDialog(), disabled === null)

  const none = sessions?.every((one) => one.system) ?? false
  const invitation = <NoSessions sandboxId={sandboxId} canCreate={disabled === null} onCreate={() => openDialog()} />

  return (
    <>
      <SessionsPanes
        wide={wide}
        pane={pane}
        onPane={setPane}
        sessions={
          <SessionList
            sandboxId={sandboxId}
            selected={sessionId}
            canCreate={disabled === null}
            onCreate={() => openDialog()}
            onSelect={(chosen) => choose({ sessionId: chosen, commandId: null })}
          >
            {wide ? <p className="px-3 py-3 text-body text-ink-3">None yet.</p> : invitation}
          </SessionList>
        }
        commands={
          sessionId === null ? (
            <Blank label="Commands" text={none ? '' : 'Select a session to see its commands.'} />
          ) : (
            <CommandPane
              key={sessionId}
              sandboxId={sandboxId}
              sessionId={sessionId}
              selected={commandId}
              disabled={disabled}
              isNew={created === sessionId}
              onSelect={(chosen) => choose({ sessionId, commandId: chosen })}
              onDeleted={() => choose({ sessionId: null, commandId: null })}
              onRenew={(ended: SessionDetail) => openDialog(ended.cwd ?? '', ended.sessionId)}
            />
          )
        }
        log={
          sessionId !== null && command ? (
            <CommandLog sandboxId={sandboxId} sessionId={sessionId} command={command} />
          ) : wide && none && sessionId === null ? (
            <Pane label="Log">
              <PaneHeader title="Log" />
              <PaneBody>{invitation}</PaneBody>
            </Pane>
          ) : (
            <Blank label="Log" text={blankLogText(location, session)} terminal />
          )
        }
      />
      <CreateSessionDialog
        sandboxId={sandboxId}
        seed={seed}
        taken={taken}
        keepsFocus={created !== null && created === sessionId}
        onClose={() => setSeed(null)}
        onCreated={(newId) => {
          setSeed(null)
          setCreated(newId)
          choose({ sessionId: newId, commandId: null })
        }}
      />
    </>
  )
}

/** In a narrow window, the pane of the most specific part of the address is shown. */
function paneOf({ sessionId, commandId }: SessionLocation): SessionsPane {
  if (commandId !== null) return 'log'
  return sessionId === null ? 'sessions' : 'commands'
}

function blankLogText({ sessionId, commandId }: SessionLocation, session: SessionDetail | undefined): string {
  if (sessionId === null || !session) return ''
  if (commandId !== null) return 'This command does not exist. It may have been deleted with its session.'
  return session.commands.length === 0
    ? 'The output of a command appears here while it runs.'
    : 'Select a command to see its output.'
}

function Blank({ label, text, terminal = false }: { label: string; text: string; terminal?: boolean }) {
  return (
    <Pane label={label}>
      <PaneHeader title={label} />
      <PaneBody className={terminal ? 'bg-term' : undefined}>
        <p className="px-3 py-3 text-body text-ink-3">{text}</p>
      </PaneBody>
    </Pane>
  )
}
