/** Lists the variables of a Python context by a short program. It calls no code of the values themselves. */

export interface Variable {
  name: string
  type: string
  /** A short value, a number of items or a shape; empty where none can be read safely. */
  text: string
}

const maxVariables = 200
const marker = 'sandglass-variables:'

const program = `
import json
rows = []
for name, value in list(scope.items()):
    kind = type(value)
    if name.startswith('_') or kind.__name__ in ('module', 'function', 'type', 'builtin_function_or_method'):
        continue
    text = ''
    if kind is int:
        text = str(value) if value.bit_length() < 200 else '%d bits' % value.bit_length()
    elif kind in (float, complex, bool, type(None)):
        text = repr(value)
    elif kind is str:
        text = repr(value[:60]) + ('…' if len(value) > 60 else '')
    elif kind in (list, tuple, set, frozenset, dict, bytes, bytearray):
        text = '%d items' % len(value)
    elif str(kind.__module__).split('.')[0] in ('numpy', 'pandas', 'polars', 'torch'):
        try:
            text = '×'.join(str(int(size)) for size in value.shape)
        except Exception:
            text = ''
    rows.append([name[:100], kind.__name__[:100], text[:100]])
    if len(rows) >= ${maxVariables}:
        break
print('${marker}' + json.dumps(rows))
`

/** Code that prints the variables and leaves nothing behind in the context. */
export const variablesCode = `exec(${JSON.stringify(program)}, {'scope': globals()})`

/** The variables in the output of the program; null if it printed something else. */
export function readVariables(output: string): Variable[] | null {
  const start = output.lastIndexOf(marker)
  if (start < 0) return null
  try {
    const rows: unknown = JSON.parse(output.slice(start + marker.length))
    if (!Array.isArray(rows)) return null
    return rows.flatMap((row: unknown) =>
      Array.isArray(row) ? [{ name: String(row[0]), type: String(row[1]), text: String(row[2]) }] : [],
    )
  } catch {
    return null
  }
}
