/** Schema changes, in order; never edited once released, only appended to. Times are milliseconds since the epoch. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;

  CREATE TABLE hosts (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    config TEXT NOT NULL,
    is_default INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE vfolders (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    host_id TEXT NOT NULL REFERENCES hosts(id),
    kind TEXT NOT NULL,
    root TEXT NOT NULL,
    usage TEXT NOT NULL,
    permission TEXT NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    mount_path TEXT,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    trashed_at INTEGER,
    trash_root TEXT
  ) STRICT;
  CREATE UNIQUE INDEX vfolders_live_name ON vfolders(name) WHERE trashed_at IS NULL;

  CREATE TABLE trashed_files (
    id TEXT PRIMARY KEY,
    vfolder_id TEXT NOT NULL REFERENCES vfolders(id) ON DELETE CASCADE,
    path TEXT NOT NULL,
    trash_path TEXT NOT NULL,
    kind TEXT NOT NULL,
    trashed_at INTEGER NOT NULL
  ) STRICT;

  CREATE TABLE transfers (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    title TEXT NOT NULL,
    request TEXT NOT NULL,
    state TEXT NOT NULL,
    position REAL NOT NULL,
    conflict TEXT NOT NULL,
    scanned INTEGER NOT NULL DEFAULT 0,
    problem TEXT,
    files_total INTEGER NOT NULL DEFAULT 0,
    files_done INTEGER NOT NULL DEFAULT 0,
    files_skipped INTEGER NOT NULL DEFAULT 0,
    files_failed INTEGER NOT NULL DEFAULT 0,
    conflicts INTEGER NOT NULL DEFAULT 0,
    bytes_total INTEGER NOT NULL DEFAULT 0,
    bytes_done INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    ended_at INTEGER
  ) STRICT;

  CREATE TABLE transfer_files (
    transfer_id INTEGER NOT NULL REFERENCES transfers(id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    key TEXT NOT NULL,
    source_index INTEGER NOT NULL,
    source TEXT NOT NULL,
    read_path TEXT,
    path TEXT NOT NULL,
    target TEXT,
    kind TEXT NOT NULL,
    size INTEGER NOT NULL,
    modified REAL,
    etag TEXT,
    state TEXT NOT NULL,
    done INTEGER NOT NULL DEFAULT 0,
    begun INTEGER NOT NULL DEFAULT 0,
    stale INTEGER NOT NULL DEFAULT 0,
    checkpoint TEXT,
    policy TEXT,
    problem TEXT,
    PRIMARY KEY (transfer_id, seq)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX transfer_files_state ON transfer_files(transfer_id, state, seq);
  CREATE UNIQUE INDEX transfer_files_key ON transfer_files(transfer_id, key);

  CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT UNIQUE,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    engine TEXT NOT NULL,
    reference TEXT,
    spec TEXT NOT NULL,
    plan TEXT NOT NULL,
    times TEXT NOT NULL,
    exit_code INTEGER,
    problem TEXT,
    progress TEXT,
    output_vfolder TEXT,
    output_path TEXT,
    stop_requested INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    ended_at INTEGER
  ) STRICT;
  CREATE INDEX jobs_state ON jobs(state, id);

  CREATE TABLE job_vfolders (
    job_id INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
    vfolder_id TEXT NOT NULL,
    path TEXT NOT NULL,
    mode TEXT NOT NULL,
    PRIMARY KEY (job_id, vfolder_id, path)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX job_vfolders_vfolder ON job_vfolders(vfolder_id, job_id);
  `,
  `
  ALTER TABLE vfolders ADD COLUMN link_target TEXT;
  UPDATE hosts SET config = json_object(
    'settings', json_object('kind', kind, 'root', json_extract(config, '$.root')),
    'readOnly', json(CASE WHEN json_extract(config, '$.readOnly') THEN 'true' ELSE 'false' END)
  );
  ALTER TABLE vfolders ADD COLUMN unfinished TEXT;
  ALTER TABLE trashed_files ADD COLUMN moving TEXT;
  ALTER TABLE transfer_files ADD COLUMN action TEXT NOT NULL DEFAULT 'copy';
  ALTER TABLE transfer_files ADD COLUMN detail TEXT;
  CREATE INDEX transfer_files_action ON transfer_files(transfer_id, action, seq) WHERE action <> 'copy';
  ALTER TABLE transfers ADD COLUMN sync TEXT;
  `,
  `
  ALTER TABLE transfers ADD COLUMN ran_ms INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE transfers ADD COLUMN running_since INTEGER;
  `,
  `
  CREATE TABLE edits (
    id TEXT PRIMARY KEY,
    vfolder_id TEXT NOT NULL,
    path TEXT NOT NULL,
    name TEXT NOT NULL,
    etag TEXT,
    read_only INTEGER NOT NULL,
    state TEXT NOT NULL,
    problem TEXT,
    sent TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    saved_at INTEGER
  ) STRICT;
  `,
  `
  CREATE TABLE cache_objects (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    vfolder_id TEXT NOT NULL,
    path TEXT NOT NULL,
    version TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    whole INTEGER NOT NULL DEFAULT 0,
    used_at INTEGER NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX cache_objects_content ON cache_objects(vfolder_id, path, version) WHERE whole = 1;
  CREATE INDEX cache_objects_unfinished ON cache_objects(id) WHERE whole = 0;

  CREATE TABLE cache_trees (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    vfolder_id TEXT NOT NULL,
    path TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    file TEXT,
    files INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    state TEXT NOT NULL,
    built_at INTEGER NOT NULL,
    used_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX cache_trees_place ON cache_trees(vfolder_id, path);

  CREATE TABLE cache_pins (
    vfolder_id TEXT NOT NULL,
    path TEXT NOT NULL,
    PRIMARY KEY (vfolder_id, path)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE cache_uses (
    job_id INTEGER NOT NULL,
    tree_id INTEGER NOT NULL,
    PRIMARY KEY (job_id, tree_id)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE staged_mounts (
    job_id INTEGER NOT NULL,
    mount INTEGER NOT NULL,
    target TEXT NOT NULL,
    source TEXT NOT NULL,
    read_only INTEGER NOT NULL,
    tree_id INTEGER,
    state TEXT NOT NULL,
    result TEXT,
    PRIMARY KEY (job_id, mount)
  ) STRICT, WITHOUT ROWID;

  ALTER TABLE jobs ADD COLUMN copied_back TEXT;
  `,
  `
  CREATE TABLE job_inputs (
    job_id INTEGER NOT NULL REFERENCES jobs(id) ON DELETE CASCADE,
    mount INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    method TEXT,
    digest TEXT,
    files INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    listed_at INTEGER,
    git TEXT,
    PRIMARY KEY (job_id, mount)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX job_inputs_digest ON job_inputs(digest) WHERE digest IS NOT NULL;
  ALTER TABLE jobs ADD COLUMN input_image TEXT;
  `,
  `
  CREATE TABLE job_secrets (
    id TEXT PRIMARY KEY,
    sealed TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE job_secret_uses (
    job_id INTEGER NOT NULL,
    secret_id TEXT NOT NULL,
    PRIMARY KEY (job_id, secret_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX job_secret_uses_secret ON job_secret_uses(secret_id);

  CREATE TABLE dotfiles (
    path TEXT PRIMARY KEY,
    permission TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE dotfile_contents (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sealed TEXT NOT NULL
  ) STRICT;
  `,
  `
  ALTER TABLE jobs ADD COLUMN image TEXT;
  ALTER TABLE jobs ADD COLUMN command TEXT NOT NULL DEFAULT '[]';
  ALTER TABLE jobs ADD COLUMN gpu_request TEXT;
  ALTER TABLE jobs ADD COLUMN gpus TEXT;
  ALTER TABLE jobs ADD COLUMN log_bytes INTEGER;
  ALTER TABLE jobs ADD COLUMN progress_step TEXT;
  UPDATE jobs SET
    image = json_extract(plan, '$.image'),
    command = json_extract(plan, '$.command'),
    gpu_request = plan -> '$.resources.gpus';

  CREATE TABLE job_search (
    job_id INTEGER PRIMARY KEY REFERENCES jobs(id) ON DELETE CASCADE,
    text TEXT NOT NULL
  ) STRICT;
  INSERT INTO job_search (job_id, text)
    SELECT id, substr(lower(name || char(10) || coalesce(image, 'this machine') || char(10) || command), 1, 4000) FROM jobs;
  `,
  `
  CREATE TABLE templates (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE,
    content TEXT NOT NULL
  ) STRICT;
  `,
];
