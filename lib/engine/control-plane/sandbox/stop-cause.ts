/** Why sandboxes stop: one sentence for each reason. */
import type { StopReason } from '@/lib/process-api/sandbox'
import type { Suspicion } from '../disk/suspect'

export interface StopCause {
  readonly reason: StopReason
  /** One plain sentence. */
  readonly message: string
}

const diskReasons: Record<Suspicion, (reserve: number) => string> = {
  grew: (reserve) => `Free disk space fell below the reserve of ${reserve} MiB, and this sandbox had grown the most.`,
  'not-measurable': (reserve) =>
    `Free disk space fell below the reserve of ${reserve} MiB, and the usage of this sandbox could not be measured in time.`,
  wrote: (reserve) =>
    `Free disk space fell below the reserve of ${reserve} MiB. No sandbox had measurably grown, but this one had written the most.`,
}

const minutes = (count: number) => (count === 1 ? '1 minute' : `${count} minutes`)

export const causes = {
  stopRequested: { reason: 'person', message: 'Stop requested.' },
  deletionRequested: { reason: 'person', message: 'Deleted on request.' },
  notCreated: { reason: 'failed', message: 'Could not be created.' },
  engineStopped: { reason: 'engine-stopped', message: 'Stopped together with the engine.' },
  ttlExpired: { reason: 'ttl', message: 'Its time limit expired.' },
  lost: {
    reason: 'lost',
    message: 'It was no longer running when the engine restarted; the cause is unknown.',
  },
  /** @param interval `autoStopInterval` */
  idle: (interval: number) => ({ reason: 'idle', message: `Stopped after ${minutes(interval)} without activity.` }),
  /** @param interval `autoDeleteInterval` */
  autoDelete: (interval: number) => ({
    reason: 'auto-delete',
    message:
      interval === 0
        ? 'Deleted automatically when it stopped.'
        : `Deleted after being stopped for ${minutes(interval)}.`,
  }),
  /** @param limit GiB */
  memory: (limit: number) => ({
    reason: 'memory',
    message: `The memory limit of ${limit} GiB ended the toolbox and every program in the sandbox. Raise the limit, or use less memory.`,
  }),
  /**
   * @param reserve MiB
   * @param why why this sandbox was chosen
   */
  disk: (reserve: number, why: Suspicion = 'grew') => ({
    reason: 'disk',
    message: `${diskReasons[why](reserve)} Start it to delete files, or delete it.`,
  }),
  /** @param how from the isolation: `it was killed by SIGKILL` */
  toolboxDied: (how: string) => ({ reason: 'toolbox-died', message: `The toolbox exited: ${how}.` }),
  /** @param seconds time since the last response */
  toolboxSilent: (seconds: number) => ({
    reason: 'toolbox-silent',
    message: `The toolbox did not respond for ${seconds} s and was restarted.`,
  }),
} as const satisfies Record<string, StopCause | ((detail: never) => StopCause)>
