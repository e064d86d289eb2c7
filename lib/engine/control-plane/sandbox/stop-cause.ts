/** Why sandboxes stop: one sentence for each reason, made where it is known. */
import type { StopReason } from '@/lib/process-api/sandbox'
import type { Suspicion } from '../disk/suspect'

export interface StopCause {
  readonly reason: StopReason
  /** One plain sentence. */
  readonly message: string
}

const diskReasons: Record<Suspicion, (reserve: number) => string> = {
  grew: (reserve) => `It filled the disk: less than the reserve of ${reserve} MiB was left, and it had grown most.`,
  'not-measurable': (reserve) =>
    `Less than the reserve of ${reserve} MiB was left on the disk, and how much of it this sandbox takes could not be measured in time.`,
  wrote: (reserve) =>
    `Less than the reserve of ${reserve} MiB was left on the disk and no sandbox was seen to grow; this one had written most.`,
}

const minutes = (count: number) => (count === 1 ? '1 minute' : `${count} minutes`)

export const causes = {
  stopAsked: { reason: 'person', message: 'Its stop was asked for.' },
  deletionAsked: { reason: 'person', message: 'Its deletion was asked for.' },
  notMade: { reason: 'failed', message: 'It could not be made.' },
  engineStopped: { reason: 'engine-stopped', message: 'The engine was stopped, and its sandboxes with it.' },
  ttlOver: { reason: 'ttl', message: 'Its time to live was over.' },
  lost: { reason: 'lost', message: 'It did not run any more when the engine started; nobody saw it end.' },
  /** @param interval `autoStopInterval` */
  idle: (interval: number) => ({ reason: 'idle', message: `Nothing happened in it for ${minutes(interval)}.` }),
  /** @param interval `autoDeleteInterval` */
  autoDelete: (interval: number) => ({
    reason: 'auto-delete',
    message: interval === 0 ? 'It was to be deleted once it stopped.' : `It had been stopped for ${minutes(interval)}.`,
  }),
  /** @param limit GiB */
  memory: (limit: number) => ({
    reason: 'memory',
    message: `Its memory limit of ${limit} GiB ended its toolbox, and everything in it. Give it more memory, or let its programs use less.`,
  }),
  /**
   * @param reserve MiB
   * @param why what spoke against it
   */
  disk: (reserve: number, why: Suspicion = 'grew') => ({
    reason: 'disk',
    message: `${diskReasons[why](reserve)} Start it to delete files, or delete it.`,
  }),
  /** @param how from the isolation: `it was ended by SIGKILL` */
  toolboxDied: (how: string) => ({ reason: 'toolbox-died', message: `Its toolbox ended: ${how}.` }),
  /** @param seconds how long it had not answered */
  toolboxSilent: (seconds: number) => ({
    reason: 'toolbox-silent',
    message: `Its toolbox did not answer for ${seconds} s and was restarted.`,
  }),
} as const satisfies Record<string, StopCause | ((detail: never) => StopCause)>
