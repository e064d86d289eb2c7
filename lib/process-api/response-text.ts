/** Reading the bodies of responses. */
import { TargetError } from './problem'

/** @param limit bytes; a longer body is refused rather than read into memory */
export async function readText(response: Response, limit: number): Promise<string> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body) {
    bytes += chunk.byteLength
    if (bytes > limit)
      throw new TargetError('TARGET_BAD_RESPONSE', 'The target answered with more than the console reads.')
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** Undefined for text that is not JSON, which the schema that follows refuses. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
