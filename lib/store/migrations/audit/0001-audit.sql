CREATE TABLE audit_entries (
  -- 1, 2, 3, … without gaps.
  seq INTEGER PRIMARY KEY,
  -- Milliseconds since 1970.
  at INTEGER NOT NULL,
  actor_kind TEXT NOT NULL,
  actor_id TEXT NOT NULL,
  actor_name TEXT NOT NULL,
  role TEXT NOT NULL,
  address TEXT NOT NULL,
  kind TEXT NOT NULL,
  action TEXT NOT NULL,
  target TEXT NOT NULL,
  sandbox_id TEXT NOT NULL,
  -- JSON object: ids, paths, and what the settings store of code.
  subject TEXT NOT NULL,
  -- `ok` or an error code.
  result TEXT NOT NULL,
  duration_ms INTEGER NOT NULL,
  -- SHA-256 in hex over the hash of the entry before and all fields of this one.
  hash TEXT NOT NULL
)
--> statement-breakpoint
CREATE INDEX audit_entries_at ON audit_entries (at)
--> statement-breakpoint
CREATE INDEX audit_entries_actor ON audit_entries (actor_id, sandbox_id, seq)
--> statement-breakpoint
CREATE INDEX audit_entries_actor_seq ON audit_entries (actor_id, seq)
--> statement-breakpoint
CREATE INDEX audit_entries_sandbox ON audit_entries (sandbox_id, seq)
--> statement-breakpoint
CREATE INDEX audit_entries_action ON audit_entries (action, seq)
--> statement-breakpoint
CREATE INDEX audit_entries_refused ON audit_entries (seq) WHERE result <> 'ok'
--> statement-breakpoint
CREATE VIRTUAL TABLE audit_search USING fts5(text, content = '', tokenize = 'trigram')
--> statement-breakpoint
CREATE TRIGGER audit_inserted AFTER INSERT ON audit_entries BEGIN
  INSERT INTO audit_search (rowid, text)
  VALUES (new.seq, new.actor_name || char(10) || new.action || char(10) || new.sandbox_id || char(10) || new.subject);
END
--> statement-breakpoint
CREATE TRIGGER audit_not_changed BEFORE UPDATE ON audit_entries BEGIN
  SELECT raise(ABORT, 'the audit log is append-only');
END
--> statement-breakpoint
CREATE TRIGGER audit_not_deleted BEFORE DELETE ON audit_entries BEGIN
  SELECT raise(ABORT, 'the audit log is append-only');
END
