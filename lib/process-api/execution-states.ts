/**
 * There is no default verdict: `lost` means that the engine stopped and how the execution ended is unknown.
 * `succeeded` is exit code 0, `failed` any other exit code, `killed` a signal or a person.
 */
export const executionStates = ['queued', 'running', 'succeeded', 'failed', 'killed', 'timed-out', 'lost'] as const
