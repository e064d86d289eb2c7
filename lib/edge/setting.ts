/** Reading settings, by the same rules in the console and the engine. */

/** A whole number. Throws a RangeError with a sentence that names the setting. */
export function wholeNumber(
  environment: NodeJS.ProcessEnv,
  name: string,
  fallback: number,
  [min, max]: readonly [number, number],
): number {
  const text = environment[name]?.trim()
  if (!text) return fallback
  if (/^\d{1,9}$/.test(text) && Number(text) >= min && Number(text) <= max) return Number(text)
  throw new RangeError(`${name} is "${text}", but it must be a whole number from ${min} to ${max}.`)
}

/** Read a setting with `read`; a RangeError gets the name of the setting as a prefix. */
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
