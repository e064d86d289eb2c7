/** Ended runs of a sandbox that the console keeps where the target keeps none; the oldest beyond them are forgotten. */
export const keptPlainRuns = 200
