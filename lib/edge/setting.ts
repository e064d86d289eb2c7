/** Settings that the console and the engine read by the same rules. */

/** A whole number. Throws a RangeError with a sentence that names the setting. */
export function wholeNumber(
  environment: NodeJS.ProcessEnv,
  name: string,
  standard: number,
  [least, most]: readonly [number, number],
): number {
  const text = environment[name]?.trim()
  if (!text) return standard
  if (/^\d{1,9}$/.test(text) && Number(text) >= least && Number(text) <= most) return Number(text)
  throw new RangeError(`${name} is "${text}", but it must be a whole number from ${least} to ${most}.`)
}

/** What a reader makes of a setting; its RangeError gets the setting's name in front. */
export function readAs<Value>(
  environment: NodeJS.ProcessEnv,
  name: string,
  read: (text: string | undefined) => Value,
): Value {
  try {
    return read(environment[name])
  } catch (error) {
    if (error instanceof RangeError) throw new RangeError(`${name}: ${error.message}`)
    throw error
  }
}
