/** Counters that the two threads of a JavaScript context share without messages. */
export const shared = {
  /** Number of the last message that the toolbox has processed. */
  acknowledged: 0,
  /** How many input replies have arrived. */
  answers: 1,
} as const
export const sharedBytes = 8

export interface ListenerSetup {
  memory: Int32Array
  /** Runs and input replies for the thread that runs the code. */
  requests: MessagePort
  answers: MessagePort
}

/** Descriptors of the process: from the toolbox, and to it. */
export const channelIn = 3
export const channelOut = 4

/** Results of an interrupt attempt. */
export const interruptDone = 'over'
export const interruptAgain = 'again'
/** The stack is nearly full, so that the attempt had no room. */
export const interruptTight = 'tight'
