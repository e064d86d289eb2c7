CREATE TABLE history_sandboxes (
  target TEXT NOT NULL,
  sandbox_id TEXT NOT NULL,
  name TEXT NOT NULL,
  -- JSON object.
  labels TEXT NOT NULL,
  -- Times are milliseconds since 1970.
  deleted_at INTEGER,
  PRIMARY KEY (target, sandbox_id)
) WITHOUT ROWID
--> statement-breakpoint
CREATE TABLE history_executions (
  id INTEGER PRIMARY KEY,
  target TEXT NOT NULL,
  sandbox_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  parent_id TEXT NOT NULL,
  execution_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  duration_ms REAL,
  language TEXT,
  origin TEXT,
  -- 1 once the execution can change no more.
  ended INTEGER NOT NULL,
  state TEXT NOT NULL,
  exit_code INTEGER,
  signal TEXT,
  reason TEXT,
  message TEXT,
  timeout_seconds INTEGER,
  output_bytes INTEGER NOT NULL,
  stderr_bytes INTEGER NOT NULL,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  -- 1 if `text` is what the target returned for this one execution, and not the beginning that lists have.
  text_complete INTEGER NOT NULL,
  text_truncated INTEGER NOT NULL,
  text_hash TEXT NOT NULL,
  -- JSON arrays.
  env_names TEXT NOT NULL DEFAULT '[]',
  argv TEXT NOT NULL DEFAULT '[]',
  cwd TEXT,
  output_end TEXT,
  stderr_end TEXT NOT NULL DEFAULT '',
  -- When the details of the ended execution were read.
  detailed_at INTEGER,
  removed_at INTEGER,
  pinned_at INTEGER,
  name TEXT NOT NULL DEFAULT '',
  tags TEXT NOT NULL DEFAULT '[]'
)
--> statement-breakpoint
CREATE UNIQUE INDEX history_executions_key ON history_executions (target, sandbox_id, kind, parent_id, execution_id)
--> statement-breakpoint
CREATE INDEX history_executions_time ON history_executions (target, at, id)
--> statement-breakpoint
CREATE INDEX history_executions_sandbox ON history_executions (target, sandbox_id, at, id)
--> statement-breakpoint
CREATE INDEX history_executions_state ON history_executions (target, state, at, id)
--> statement-breakpoint
CREATE INDEX history_executions_exit ON history_executions (target, exit_code, at, id)
--> statement-breakpoint
CREATE INDEX history_executions_text ON history_executions (target, text_hash, at, state, id)
--> statement-breakpoint
CREATE INDEX history_executions_pinned ON history_executions (target, pinned_at) WHERE pinned_at IS NOT NULL
--> statement-breakpoint
CREATE INDEX history_executions_pending ON history_executions (target, sandbox_id) WHERE ended = 0
--> statement-breakpoint
CREATE VIRTUAL TABLE history_search USING fts5(text, content = '', contentless_delete = 1, tokenize = 'trigram')
--> statement-breakpoint
CREATE TRIGGER history_inserted AFTER INSERT ON history_executions BEGIN
  INSERT INTO history_search (rowid, text) VALUES (new.id, substr(new.text, 1, 4096) || char(10) || new.name || char(10) || new.tags);
END
--> statement-breakpoint
CREATE TRIGGER history_changed AFTER UPDATE OF text, name, tags ON history_executions
WHEN new.text <> old.text OR new.name <> old.name OR new.tags <> old.tags BEGIN
  INSERT OR REPLACE INTO history_search (rowid, text) VALUES (new.id, substr(new.text, 1, 4096) || char(10) || new.name || char(10) || new.tags);
END
--> statement-breakpoint
CREATE TRIGGER history_deleted AFTER DELETE ON history_executions BEGIN
  DELETE FROM history_search WHERE rowid = old.id;
END
