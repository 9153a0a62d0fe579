/*
 * The SQLite driver: connections, transactions, statements.  (What an operator does to a database
 * is in sqlite_admin.c.)
 *
 * Write-ahead log, foreign keys on, deleted content overwritten, writers begin as writers; rules
 * Q01, Q03 and Q04.  A connection is used by one thread.  The SQL here is this engine's pragmas
 * and transaction words alone; statements live in sql/.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/sqlite.h"

/* Us that who opens a file waits for another who does. */
#define MAX_ALONE G_USEC_PER_SEC

static sqlite3_stmt *
native(jp_stmt *st)
{
	return (sqlite3_stmt *)st;
}

/* ---- errors ---------------------------------------------------------------------------------- */

static void
fail_io(sqlite3 *db, int rc, GError **error)
{
	int err = db ? sqlite3_system_errno(db) : 0;

	g_set_error(error, JP_ERROR, JP_ERROR_TEMP,
	    "the database's file could not be read or written: %s",
	    err ? g_strerror(err) : sqlite3_errstr(rc));
}

gboolean
jp_sqlite_fail(sqlite3 *db, int rc, GError **error)
{
	switch (rc & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		g_set_error(error, JP_ERROR, JP_ERROR_TEMP,
		    "another program keeps the database locked; try again");
		break;
	case SQLITE_FULL:
		g_set_error(error, JP_ERROR, JP_ERROR_TEMP,
		    "the disk is full; nothing was changed, make room and run again");
		break;
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
		fail_io(db, rc, error);
		break;
	case SQLITE_NOMEM:
		g_set_error(error, JP_ERROR, JP_ERROR_TEMP, "out of memory; try again");
		break;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		g_set_error(error, JP_ERROR, JP_ERROR_PERM,
		    "the database or its folder is not writable; see its owner and mode");
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		g_set_error(error, JP_ERROR, JP_ERROR_BUG,
		    "the database is damaged (%s); see jp-db check, or restore a backup",
		    sqlite3_errstr(rc));
		break;
	case SQLITE_ERROR: /* at prepare: names of tables and columns, no values */
	case SQLITE_CONSTRAINT:
		g_set_error(error, JP_ERROR, JP_ERROR_BUG, "%s", sqlite3_errmsg(db));
		break;
	default:
		g_set_error(error, JP_ERROR, JP_ERROR_BUG, "%s (%d)", sqlite3_errstr(rc), rc);
		break;
	}
	return FALSE;
}

gboolean
jp_sqlite_exec(sqlite3 *db, const char *sql, GError **error)
{
	int rc = sqlite3_exec(db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK || jp_sqlite_fail(db, rc, error);
}

gboolean
jp_sqlite_get(sqlite3 *db, const char *sql, gint64 *out, GError **error)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);

	*out = 0;
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return rc == SQLITE_ROW || jp_sqlite_fail(db, rc, error);
}

/* ---- opening --------------------------------------------------------------------------------- */

/* Waits a little more each time, until the time configured is over or the program was told to
 * stop.  Who has just committed may so begin again before those that sleep; taking turns instead
 * costs each of them its cached pages, and all of them a third of what they get done. */
static int
wait_for_lock(void *data, int n)
{
	const jp_conn *c = data;
	gint64 ms = MIN(1 + n, 25), waited = 0;

	for (int i = 0; i < n; i++)
		waited += MIN(1 + i, 25);
	if (waited >= c->busy_timeout || jp_stopping())
		return 0;
	g_usleep((gulong)(ms * 1000));
	return 1;
}

/* SQLite does not wait where two make a file theirs at once, so who opens one to write does that
 * alone: with a lock on its folder, which the kernel lets go when its holder dies.  It is a
 * courtesy: without one, or when somebody keeps it, the file is opened all the same.  Close what it
 * gives; -1: no lock. */
static int
be_alone(const char *path)
{
	g_autofree char *folder = g_path_get_dirname(path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	gint64 began = jp_monotonic_us();

	while (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK || jp_stopping() ||
		    jp_monotonic_us() - began >= MAX_ALONE) {
			(void)close(fd);
			return -1;
		}
		g_usleep(500);
	}
	return fd;
}

/* Looks at the place before SQLite does, for messages that say what to do.  Never opens a file that
 * exists: closing it again would drop this process's locks on it. */
static gboolean
check_place(const char *path, jp_db_mode mode, GError **error)
{
	struct stat st;
	int fd;

	if (stat(path, &st) == 0) {
		if (!S_ISREG(st.st_mode)) {
			g_set_error(error, JP_ERROR, JP_ERROR_DATA, "%s: is not a file", path);
			return FALSE;
		}
		if (access(path, mode == JP_DB_READ ? R_OK : R_OK | W_OK))
			return jp_error_errno(error, errno, "%s", path);
		return TRUE;
	}
	if (errno != ENOENT || mode == JP_DB_CREATE) {
		fd = errno == ENOENT ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
		if (fd < 0 || close(fd))
			return jp_error_errno(error, errno, "%s", path);
		return TRUE;
	}
	g_set_error(error, JP_ERROR, JP_ERROR_UNAVAILABLE,
	    "%s: there is no database; run jp-db init", path);
	return FALSE;
}

/* What makes an empty file ours.  Freed pages can be given back only if that is said before the
 * first table. */
static gboolean
claim(jp_conn *c, GError **error)
{
	g_autofree char *sql = g_strdup_printf(
	    "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA application_id=%d", JP_SQLITE_APPLICATION_ID);

	return jp_sqlite_exec(c->db, sql, error);
}

/* Ours, or empty and to become ours. */
static gboolean
check_identity(jp_conn *c, jp_db_mode mode, GError **error)
{
	gint64 id = 0, n_tables = 0;

	if (!jp_sqlite_get(c->db, "PRAGMA application_id", &id, error))
		return FALSE;
	if (id == JP_SQLITE_APPLICATION_ID)
		return TRUE;
	if (!jp_sqlite_get(c->db, "SELECT count(*) FROM sqlite_schema", &n_tables, error))
		return FALSE;
	if (id != 0 || n_tables != 0) {
		g_set_error(error, JP_ERROR, JP_ERROR_DATA,
		    "a SQLite database of another program; see database: in the configuration");
		return FALSE;
	}
	if (mode == JP_DB_CREATE)
		return claim(c, error);
	g_set_error(error, JP_ERROR, JP_ERROR_UNAVAILABLE, "the database is empty; run jp-db init");
	return FALSE;
}

static gboolean
set_wal(jp_conn *c, GError **error)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(c->db, "PRAGMA journal_mode=WAL", -1, &st, NULL);
	gboolean is_wal;

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	is_wal = rc == SQLITE_ROW &&
	    g_ascii_strcasecmp((const char *)sqlite3_column_text(st, 0), "wal") == 0;
	sqlite3_finalize(st);
	if (rc != SQLITE_ROW)
		return jp_sqlite_fail(c->db, rc, error);
	if (!is_wal)
		g_set_error(error, JP_ERROR, JP_ERROR_UNAVAILABLE,
		    "the file system cannot hold a write-ahead log; move the database to a local "
		    "disk");
	return is_wal;
}

static gboolean
set_up(jp_conn *c, jp_db_mode mode, GError **error)
{
	sqlite3_extended_result_codes(c->db, 1);
	sqlite3_busy_handler(c->db, wait_for_lock, c);
	/* A misspelt column in double quotes is not a string, and nobody edits the
	 * schema's table. */
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	/* The log is carried over at 16 MiB: a page that many transactions write is written to the
	 * database a quarter as often as at SQLite's 4, and the disk waited for as seldom. */
	return jp_sqlite_exec(c->db,
		   "PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON; PRAGMA trusted_schema=OFF;"
		   "PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON; PRAGMA cache_size=-8192;"
		   "PRAGMA journal_size_limit=67108864; PRAGMA wal_autocheckpoint=4096",
		   error) &&
	    jp_sqlite_set_words(c->db, error) && jp_sqlite_set_rows(c, error) &&
	    check_identity(c, mode, error) && (mode == JP_DB_READ || set_wal(c, error));
}

static void
sqlite_close(jp_conn *c)
{
	if (!c)
		return;
	(void)sqlite3_finalize(c->begin); /* repeats an error that was told */
	(void)sqlite3_finalize(c->commit);
	jp_sqlite_indexer_free(c->indexer);
	(void)sqlite3_close_v2(c->db); /* an open transaction rolls back; the rest is in the log */
	g_free(c->rows);               /* which the table had in hand until then */
	g_free(c->path);
	g_free(c);
}

/* Before the library's first use: nobody asks what memory it has, and counting that takes a lock
 * and several sums each time it asks for some. */
static void
prepare_library(void)
{
	static gsize once;

	if (g_once_init_enter(&once)) {
		(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* refused when too late */
		g_once_init_leave(&once, 1);
	}
}

/* Puts the path before what went wrong; what is no database at all is bad data. */
static void
say_where(GError **error, const char *path)
{
	if (g_error_matches(*error, JP_ERROR, JP_ERROR_BUG))
		(*error)->code = JP_ERROR_DATA;
	g_prefix_error(error, "%s: ", path);
}

static jp_conn *
sqlite_open(const jp_config *conf, jp_db_mode mode, GError **error)
{
	int flags = mode == JP_DB_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	int rc, alone = -1;
	gboolean ok;
	GError *wrong = NULL;
	jp_conn *c;

	if (!check_place(conf->database, mode, error))
		return NULL;
	prepare_library();
	c = g_new0(jp_conn, 1);
	c->path = g_strdup(conf->database);
	c->busy_timeout = conf->db.busy_timeout;
	c->is_full = -1;
	rc = sqlite3_open_v2(c->path, &c->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
	if (mode != JP_DB_READ)
		alone = be_alone(c->path);
	ok = rc == SQLITE_OK ? set_up(c, mode, &wrong) : jp_sqlite_fail(c->db, rc, &wrong);
	if (alone >= 0)
		(void)close(alone);
	if (ok)
		return c;
	say_where(&wrong, c->path);
	g_propagate_error(error, wrong);
	sqlite_close(c);
	return NULL;
}

static gint64
sqlite_now(jp_conn *c, gboolean exactly)
{
	(void)c; /* one machine, one clock */
	(void)exactly;
	return jp_now();
}

/* ---- transactions ---------------------------------------------------------------------------- */

static gboolean
set_synchronous(jp_conn *c, gboolean full, GError **error)
{
	if (c->is_full == full)
		return TRUE;
	if (!jp_sqlite_exec(
		c->db, full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", error))
		return FALSE;
	c->is_full = full;
	return TRUE;
}

/* Runs a word of every transaction, which is parsed once. */
static gboolean
run_word(jp_conn *c, sqlite3_stmt **st, const char *word, GError **error)
{
	int rc = *st ? SQLITE_OK
		     : sqlite3_prepare_v3(c->db, word, -1, SQLITE_PREPARE_PERSISTENT, st, NULL);

	if (rc == SQLITE_OK) {
		(void)sqlite3_step(*st); /* reset gives its error */
		rc = sqlite3_reset(*st);
	}
	return rc == SQLITE_OK || jp_sqlite_fail(c->db, rc, error);
}

static gboolean
sqlite_begin(jp_conn *c, jp_tx kind, GError **error)
{
	if (kind == JP_TX_READ)
		return jp_sqlite_exec(c->db, "BEGIN", error);
	return set_synchronous(c, kind == JP_TX_DURABLE, error) &&
	    run_word(c, &c->begin, "BEGIN IMMEDIATE", error);
}

static gboolean
sqlite_commit(jp_conn *c, GError **error)
{
	return run_word(c, &c->commit, "COMMIT", error);
}

/* Some errors have rolled back already. */
static gboolean
sqlite_rollback(jp_conn *c, GError **error)
{
	return sqlite3_get_autocommit(c->db) || jp_sqlite_exec(c->db, "ROLLBACK", error);
}

/* Only one writer is at work anyway. */
static gboolean
sqlite_lock(jp_conn *c, const char *what, gboolean shared, GError **error)
{
	(void)c;
	(void)what;
	(void)shared;
	(void)error;
	return TRUE;
}

/* ---- statements ------------------------------------------------------------------------------ */

static jp_stmt *
sqlite_prepare(jp_conn *c, const jp_statement *s, guint mask, GError **error)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v3(c->db, s->variants[JP_ENGINE_SQLITE].texts[mask], -1,
	    SQLITE_PREPARE_PERSISTENT, &st, NULL);

	if (rc != SQLITE_OK) {
		jp_sqlite_fail(c->db, rc, error);
		return NULL;
	}
	return (jp_stmt *)st;
}

static int
bind_one(sqlite3_stmt *st, int n, const jp_arg *a)
{
	switch (a->type) {
	case JP_TYPE_NULL:
		return sqlite3_bind_null(st, n);
	case JP_TYPE_INT:
		return sqlite3_bind_int64(st, n, a->i);
	case JP_TYPE_REAL:
		return sqlite3_bind_double(st, n, a->r);
	case JP_TYPE_TEXT:
	case JP_TYPE_LIST:
		return sqlite3_bind_text(st, n, a->p, -1, SQLITE_TRANSIENT);
	case JP_TYPE_BLOB: /* a NULL pointer of no bytes is an empty blob, not null */
		return sqlite3_bind_blob64(st, n, a->len ? a->p : "", a->len, SQLITE_TRANSIENT);
	}
	return SQLITE_MISUSE;
}

static gboolean
sqlite_bind(jp_stmt *st, const jp_arg *args, gsize n_args, GError **error)
{
	/* The last arguments may belong to blocks that are not there. */
	gsize n = MIN(n_args, (gsize)sqlite3_bind_parameter_count(native(st)));

	for (gsize i = 0; i < n; i++) {
		int rc = bind_one(native(st), (int)i + 1, &args[i]);

		if (rc != SQLITE_OK)
			return jp_sqlite_fail(sqlite3_db_handle(native(st)), rc, error);
	}
	return TRUE;
}

static jp_step
sqlite_step(jp_stmt *st, GError **error)
{
	int rc = sqlite3_step(native(st));

	if (rc == SQLITE_ROW)
		return JP_STEP_ROW;
	if (rc == SQLITE_DONE)
		return JP_STEP_END;
	if (rc == SQLITE_ERROR) /* at run time the message may quote a value */
		g_set_error(error, JP_ERROR, JP_ERROR_BUG, "%s", sqlite3_errstr(rc));
	else
		jp_sqlite_fail(sqlite3_db_handle(native(st)), rc, error);
	return JP_STEP_ERROR;
}

static void
sqlite_reset(jp_stmt *st)
{
	(void)sqlite3_reset(native(st)); /* repeats the error that step gave */
	(void)sqlite3_clear_bindings(native(st));
}

static void
sqlite_finalize(jp_stmt *st)
{
	(void)sqlite3_finalize(native(st));
}

static gint64
sqlite_changes(jp_conn *c)
{
	return sqlite3_changes64(c->db);
}

static gint64
sqlite_new_id(jp_conn *c)
{
	return sqlite3_last_insert_rowid(c->db);
}

static jp_type
sqlite_col_type(jp_stmt *st, int col)
{
	switch (sqlite3_column_type(native(st), col)) {
	case SQLITE_INTEGER:
		return JP_TYPE_INT;
	case SQLITE_FLOAT:
		return JP_TYPE_REAL;
	case SQLITE_TEXT:
		return JP_TYPE_TEXT;
	case SQLITE_BLOB:
		return JP_TYPE_BLOB;
	default:
		return JP_TYPE_NULL;
	}
}

static gint64
sqlite_col_int(jp_stmt *st, int col)
{
	return sqlite3_column_int64(native(st), col);
}

static double
sqlite_col_real(jp_stmt *st, int col)
{
	return sqlite3_column_double(native(st), col);
}

static const char *
sqlite_col_text(jp_stmt *st, int col)
{
	return (const char *)sqlite3_column_text(native(st), col);
}

static const void *
sqlite_col_blob(jp_stmt *st, int col, gsize *len)
{
	const void *p = sqlite3_column_blob(native(st), col);

	*len = (gsize)sqlite3_column_bytes(native(st), col);
	return p ? p : "";
}

const jp_driver jp_driver_sqlite = {
    .name = "sqlite",
    .engine = JP_ENGINE_SQLITE,
    .open = sqlite_open,
    .close = sqlite_close,
    .now = sqlite_now,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .lock = sqlite_lock,
    .prepare = sqlite_prepare,
    .bind = sqlite_bind,
    .step = sqlite_step,
    .reset = sqlite_reset,
    .finalize = sqlite_finalize,
    .changes = sqlite_changes,
    .new_id = sqlite_new_id,
    .col_type = sqlite_col_type,
    .col_int = sqlite_col_int,
    .col_real = sqlite_col_real,
    .col_text = sqlite_col_text,
    .col_blob = sqlite_col_blob,
    .give_rows = jp_sqlite_give_rows,
    .index = jp_sqlite_index,
    .version = jp_sqlite_version,
    .put_version = jp_sqlite_put_version,
    .last_id = jp_sqlite_last_id,
    .put_last_id = jp_sqlite_put_last_id,
    .migrate = jp_sqlite_migrate,
    .backup = jp_sqlite_backup,
    .check = jp_sqlite_check,
    .compact = jp_sqlite_compact,
};
