import { QueryClient, QueryObserver } from '@tanstack/react-query'
import { describe, expect, test } from 'vitest'
import type { EngineEvent, RunSummary } from '@/lib/process-api/extensions'
import type { CommandDetail, SessionDetail, SessionSummary } from '@/lib/process-api/process'
import { applyEvent, createCacheFeed } from './cache'
import { queryKeys } from './query-keys'

const target = 'local'
const output = { bytes: 0, stdoutBytes: 0, stderrBytes: 0, droppedBytes: 0 }

function session(sessionId: string, over: Partial<SessionSummary> = {}): SessionSummary {
  return {
    sessionId,
    state: 'idle',
    createdAt: null,
    endedAt: null,
    exitCode: null,
    signal: null,
    message: null,
    cwd: '/home/daytona',
    commandCount: 0,
    queuedCount: 0,
    lastVerdict: null,
    system: false,
    verified: null,
    unverifiedReason: null,
    ...over,
  }
}

function command(id: string, over: Partial<CommandDetail> = {}): CommandDetail {
  return {
    id,
    command: 'true',
    mode: 'background',
    state: 'running',
    signal: null,
    reason: null,
    message: null,
    queuedAt: null,
    startedAt: null,
    endedAt: null,
    durationMs: null,
    output,
    survivors: [],
    stdinOpen: true,
    waitingForInput: null,
    verified: null,
    unverifiedReason: null,
    ...over,
  }
}

describe('applyEvent', () => {
  test('a command is added, or replaced at its position', () => {
    const client = new QueryClient()
    const key = queryKeys.session(target, 'box', 's')
    client.setQueryData<SessionDetail>(key, { ...session('s'), commands: [command('a'), command('b')] })
    applyEvent(client, target, {
      type: 'command',
      sandboxId: 'box',
      sessionId: 's',
      command: command('a', { state: 'succeeded', exitCode: 0 }),
    })
    applyEvent(client, target, { type: 'command', sandboxId: 'box', sessionId: 's', command: command('c') })
    const commands = client.getQueryData<SessionDetail>(key)?.commands
    expect(commands?.map(({ id, state }) => `${id} ${state}`)).toEqual(['a succeeded', 'b running', 'c running'])
  })

  test('a session event changes the list and keeps the commands of the detail', () => {
    const client = new QueryClient()
    client.setQueryData(queryKeys.sessions(target, 'box'), [session('s')])
    client.setQueryData(queryKeys.session(target, 'box', 's'), { ...session('s'), commands: [command('a')] })
    applyEvent(client, target, { type: 'session', sandboxId: 'box', session: session('s', { state: 'running' }) })
    applyEvent(client, target, { type: 'session', sandboxId: 'box', session: session('t') })
    expect(client.getQueryData<SessionSummary[]>(queryKeys.sessions(target, 'box'))?.map((one) => one.state)).toEqual([
      'running',
      'idle',
    ])
    expect(client.getQueryData<SessionDetail>(queryKeys.session(target, 'box', 's'))).toMatchObject({
      state: 'running',
      commands: [{ id: 'a' }],
    })
  })

  test('an entry that was never read is not created', () => {
    const client = new QueryClient()
    applyEvent(client, target, { type: 'session', sandboxId: 'box', session: session('s') })
    expect(client.getQueryData(queryKeys.sessions(target, 'box'))).toBeUndefined()
  })

  test('a new run comes first, a known one keeps its position', () => {
    const client = new QueryClient()
    const key = queryKeys.runs(target, 'box')
    const run = (id: string, over: Partial<RunSummary> = {}): RunSummary => ({
      ...command(id),
      id,
      kind: 'command',
      language: null,
      title: 'true',
      origin: 'run',
      streams: 'split',
      timeoutSeconds: null,
      exitCode: null,
      ...over,
    })
    client.setQueryData(key, {
      pages: [
        { runs: [run('b')], next: 'b' },
        { runs: [run('a')], next: null },
      ],
      pageParams: [],
    })
    applyEvent(client, target, { type: 'run', sandboxId: 'box', run: run('c') })
    applyEvent(client, target, { type: 'run', sandboxId: 'box', run: run('a', { state: 'failed' }) })
    const data = client.getQueryData<{ pages: { runs: RunSummary[] }[] }>(key)
    expect(data?.pages.map((page) => page.runs.map((one) => `${one.id} ${one.state}`))).toEqual([
      ['c running', 'b running'],
      ['a failed'],
    ])
  })
})

describe('the feed', () => {
  test('batches the events of a frame and writes only the newest of each entity', () => {
    const client = new QueryClient()
    const key = queryKeys.sessions(target, 'box')
    client.setQueryData(key, [session('s')])
    let frame: (() => void) | undefined
    const feed = createCacheFeed(client, target, (run) => {
      frame = run
      return () => undefined
    })
    const push = (count: number) =>
      feed.push({ type: 'session', sandboxId: 'box', session: session('s', { commandCount: count }) })
    push(1)
    push(2)
    push(3)
    expect(client.getQueryData<SessionSummary[]>(key)?.[0]?.commandCount).toBe(0)
    frame?.()
    expect(client.getQueryData<SessionSummary[]>(key)?.[0]?.commandCount).toBe(3)
    feed.stop()
  })

  // An observer is notified of a response before the cache's own listeners.
  test.each([
    ['with an observer', true],
    ['without observers', false],
  ])('a response that was read before an event does not undo the event, %s', async (_case, shown) => {
    const client = new QueryClient()
    const key = queryKeys.sessions(target, 'box')
    let clock = 0
    const frames: (() => void)[] = []
    const feed = createCacheFeed(
      client,
      target,
      (run) => {
        frames.push(run)
        return () => undefined
      },
      () => clock,
    )
    let resolveRead: (sessions: SessionSummary[]) => void = () => undefined
    const reading = client.fetchQuery({
      queryKey: key,
      queryFn: () => new Promise<SessionSummary[]>((resolve) => (resolveRead = resolve)),
    })
    const page = new QueryObserver(client, { queryKey: key, enabled: false })
    const close = shown ? page.subscribe(() => undefined) : () => undefined
    clock = 5
    const event: EngineEvent = { type: 'session', sandboxId: 'box', session: session('s', { state: 'running' }) }
    feed.push(event)
    frames.shift()?.()
    resolveRead([session('s', { state: 'idle' })])
    await reading
    frames.shift()?.()
    expect(client.getQueryData<SessionSummary[]>(key)?.[0]?.state).toBe('running')
    close()
    feed.stop()
  })
})
