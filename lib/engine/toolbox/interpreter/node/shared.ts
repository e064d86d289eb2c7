/** What the two threads of a JavaScript context tell each other without messages: one number each. */
export const shared = {
  /** The last message to the toolbox that it has dealt with. */
  acknowledged: 0,
  /** How many answers to questions have come. */
  answers: 1,
} as const
export const sharedBytes = 8

export interface ListenerSetup {
  memory: Int32Array
  /** Runs, and answers to questions, for the thread that runs the code. */
  requests: MessagePort
  answers: MessagePort
}

/** Descriptors of the process: from the toolbox, and to it. */
export const channelIn = 3
export const channelOut = 4

/** Answers of the interrupt that the listening thread has the other one perform. */
export const interruptDone = 'over'
export const interruptAgain = 'again'
/** The stack is nearly used up, so that it cannot be done with care. */
export const interruptTight = 'tight'
