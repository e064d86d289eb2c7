/** Writes transactions of ten rows until it is killed, and prints a line after each. */
import { createClient } from '@libsql/client'

const client = createClient({ url: `file:${process.argv[2]}`, timeout: 1_000 })
for (let batch = 0; ; batch += 1) {
  const rows = Array.from({ length: 10 }, (_, index) => ({
    sql: `INSERT INTO history_executions (target, sandbox_id, kind, parent_id, execution_id, at, ended, state,
      output_bytes, stderr_bytes, title, text, text_complete, text_truncated, text_hash)
      VALUES ('local', ?, 'run', '', ?, ?, 1, 'succeeded', 0, 0, '', 'print(1)', 1, 0, 'x')`,
    args: [`batch ${batch}`, `${index}`, batch * 10 + index],
  }))
  await client.batch(rows, 'write')
  process.stdout.write(`${batch}\n`)
}
