/*
 * db: connections and transactions over a driver, and the one place where an error of the database
 * ends the process.
 *
 * Crash-only: drivers return errors, this layer makes an unexpected one fatal; the transaction
 * rolls back, leases run out, and the work is done again.  Messages name the statement and never a
 * value.
 *
 * JP_TEST_DB_FAIL=N makes the Nth call of the driver (prepare, bind, step, begin, commit,
 * rollback, migrate, backup, check, compact) fail as a disk would, N from 1 in each connection, so
 * that a test can count up until a program ends well.  JP_TEST_STRICT makes a selected column that
 * nobody reads, and text that is not UTF-8, fatal too.
 */
#include <stdarg.h>
#include <string.h>

#include "db/internal.h"

/* ---- ends of the process --------------------------------------------------------------------- */

void
jp_db_fatal(jp_db *db, const char *what, GError *error)
{
	/* Copied so that a sanitizer finds nothing left. */
	char *text = g_strdup_printf(
	    "%s: %s%s%s", db->label, what ? what : "", what ? ": " : "", error->message);
	int code = jp_error_exit(error);

	g_error_free(error);
	jp_die(code, "%s", text);
}

void
jp_db_misuse(const char *statement, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = g_strdup_vprintf(fmt, ap);
	va_end(ap);
	jp_die(
	    JP_ERROR_BUG, "bug: %s%s%s", statement ? statement : "", statement ? ": " : "", text);
}

gboolean
jp_db_may_call(jp_db *db, GError **error)
{
	if (db->fail_at == 0 || ++db->n_calls != db->fail_at)
		return TRUE;
	g_set_error(error, JP_ERROR, JP_ERROR_TEMP,
	    "the database's file could not be read or written: a test asked for it");
	return FALSE;
}

/* ---- opening --------------------------------------------------------------------------------- */

/* The driver of a database's address; an error where this build has none. */
static const jp_driver *
find_driver(const char *database, GError **error)
{
	if (!g_str_has_prefix(database, "postgresql://") &&
	    !g_str_has_prefix(database, "postgres://"))
		return &jp_driver_sqlite;
#ifdef JP_NO_POSTGRES
	g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
	    "database: this build has no support for PostgreSQL; name a file");
	return NULL;
#else
	(void)error;
	return &jp_driver_postgres;
#endif
}

static gboolean
check_schema(jp_db *db, GError **error)
{
	guint version, wanted = jp_db_schema_wanted();

	if (!db->driver->version(db->conn, &version, error))
		return FALSE;
	if (version == wanted)
		return TRUE;
	if (version == JP_DB_COPYING)
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "%s: is an unfinished copy; run jp-db copy again to finish it", db->label);
	else if (version == 0)
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "%s: has no tables yet; run jp-db init", db->label);
	else if (version < wanted)
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "%s: has schema %u, this program needs %u; run jp-db migrate", db->label,
		    version, wanted);
	else
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "%s: has schema %u, this program knows only %u; install the newer programs",
		    db->label, version, wanted);
	return FALSE;
}

static void
read_test_switches(jp_db *db)
{
	const char *fail = g_getenv("JP_TEST_DB_FAIL");

	db->is_strict = g_getenv("JP_TEST_STRICT") != NULL;
	if (fail && !jp_int_parse(fail, 1, G_MAXINT64, &db->fail_at))
		jp_die(JP_ERROR_USAGE, "JP_TEST_DB_FAIL: is not a number from 1 on");
}

jp_db *
jp_db_open(const jp_config *conf, jp_db_mode mode, GError **error)
{
	const jp_driver *driver = find_driver(conf->database, error);
	jp_conn *conn = driver ? driver->open(conf, mode, error) : NULL;
	jp_db *db;

	if (!conn)
		return NULL;
	db = g_new0(jp_db, 1);
	db->driver = driver;
	db->conn = conn;
	db->conf = conf;
	db->mode = mode;
	db->label = jp_config_database(conf);
	read_test_switches(db);
	if ((mode == JP_DB_OPEN || mode == JP_DB_READ) && !check_schema(db, error)) {
		db->mode = JP_DB_READ; /* a schema that is not ours has no place for timings */
		jp_db_close(db);
		return NULL;
	}
	return db;
}

void
jp_db_close(jp_db *db)
{
	if (!db)
		return;
	if (db->n_open > 0)
		jp_db_misuse(jp_sql_name(db->last_open), "its rows are still open at close");
	if (db->in_tx)
		(void)jp_db_try_rollback(db, NULL); /* closing rolls back anyway */
	if (db->mode != JP_DB_READ && !db->has_no_timings)
		jp_timing_save(db);
	jp_rows_forget(db);
	if (db->kept)
		g_ptr_array_unref(db->kept);
	db->driver->close(db->conn);
	g_free(db->label);
	g_free(db);
}

const char *
jp_db_label(const jp_db *db)
{
	return db->label;
}

/* ---- what others keep ------------------------------------------------------------------------ */

struct kept {
	gpointer (*make)(void);
	gpointer what;
	GDestroyNotify free;
};

static void
kept_free(gpointer data)
{
	struct kept *k = data;

	k->free(k->what);
	g_free(k);
}

gpointer
jp_db_kept(jp_db *db, gpointer (*make)(void), GDestroyNotify free)
{
	struct kept *k;

	if (!db->kept)
		db->kept = g_ptr_array_new_with_free_func(kept_free);
	for (guint i = 0; i < db->kept->len; i++) {
		k = g_ptr_array_index(db->kept, i);
		if (k->make == make)
			return k->what;
	}
	k = g_new(struct kept, 1);
	*k = (struct kept){make, make(), free};
	g_ptr_array_add(db->kept, k);
	return k->what;
}

gint64
jp_db_now(jp_db *db)
{
	return db->driver->now(db->conn, FALSE);
}

gint64
jp_db_now_exactly(jp_db *db)
{
	return db->driver->now(db->conn, TRUE);
}

char *
jp_db_log_path(const jp_db *db)
{
	if (db->driver->engine != JP_ENGINE_SQLITE)
		return NULL;
	return g_strconcat(db->conf->database, "-wal", NULL);
}

/* ---- transactions ---------------------------------------------------------------------------- */

gboolean
jp_db_try_begin(jp_db *db, jp_tx kind, GError **error)
{
	if (!jp_db_may_call(db, error) || !db->driver->begin(db->conn, kind, error))
		return FALSE;
	db->in_tx = TRUE;
	db->tx = kind;
	db->n_locks = 0;
	return TRUE;
}

gboolean
jp_db_try_commit(jp_db *db, GError **error)
{
	if (!jp_db_may_call(db, error) || !db->driver->commit(db->conn, error))
		return FALSE;
	db->in_tx = FALSE;
	return TRUE;
}

gboolean
jp_db_try_rollback(jp_db *db, GError **error)
{
	if (!jp_db_may_call(db, error) || !db->driver->rollback(db->conn, error))
		return FALSE;
	db->in_tx = FALSE;
	return TRUE;
}

static void
check_no_rows(const jp_db *db, const char *when)
{
	if (db->n_open > 0)
		jp_db_misuse(jp_sql_name(db->last_open), "its rows are still open at %s", when);
}

static void
check_in_tx(const jp_db *db, const char *when)
{
	if (!db->in_tx)
		jp_db_misuse(NULL, "%s without a transaction", when);
}

void
jp_db_begin(jp_db *db, jp_tx kind)
{
	GError *error = NULL;

	if (db->in_tx)
		jp_db_misuse(NULL, "begin inside a transaction");
	check_no_rows(db, "begin");
	if (kind != JP_TX_READ && db->mode == JP_DB_READ)
		jp_db_misuse(NULL, "a writing transaction on a database opened for reading");
	if (!jp_db_try_begin(db, kind, &error))
		jp_db_fatal(db, "begin", error);
}

void
jp_db_commit(jp_db *db)
{
	GError *error = NULL;

	check_in_tx(db, "commit");
	check_no_rows(db, "commit");
	if (!jp_db_try_commit(db, &error))
		jp_db_fatal(db, "commit", error);
}

void
jp_db_rollback(jp_db *db)
{
	GError *error = NULL;

	check_in_tx(db, "rollback");
	check_no_rows(db, "rollback");
	if (!jp_db_try_rollback(db, &error))
		jp_db_fatal(db, "rollback", error);
}

/* ---- the full-text index --------------------------------------------------------------------- */

gboolean
jp_db_can_index(const jp_db *db)
{
	return db->driver->index != NULL;
}

gboolean
jp_db_index(jp_db *db, const jp_index_part *part)
{
	GError *error = NULL;
	gboolean taken = FALSE;

	check_in_tx(db, "index");
	check_no_rows(db, "index");
	if (db->tx == JP_TX_READ)
		jp_db_misuse(part->index, "written in a reading transaction");
	if (!db->driver->index)
		return FALSE;
	if (!jp_db_may_call(db, &error) || !db->driver->index(db->conn, part, &taken, &error))
		jp_db_fatal(db, "index", error);
	return taken;
}

/* ---- locks ----------------------------------------------------------------------------------- */

/* TRUE when the transaction has the lock already; misuse when it may not take it. */
static gboolean
has_lock(const jp_db *db, const char *what, gboolean shared)
{
	for (guint i = 0; i < db->n_locks; i++) {
		int order = strcmp(db->locks[i].what, what);

		if (order > 0)
			jp_db_misuse(what, "locked after %s, which comes behind it in the alphabet",
			    db->locks[i].what);
		if (order == 0 && db->locks[i].shared && !shared)
			jp_db_misuse(what, "locked alone after it was shared");
		if (order == 0)
			return TRUE;
	}
	return FALSE;
}

gboolean
jp_db_try_lock(jp_db *db, const char *what, gboolean shared, GError **error)
{
	if (has_lock(db, what, shared))
		return TRUE;
	if (db->n_locks == JP_DB_MAX_LOCKS)
		jp_db_misuse(what, "one more lock than a transaction may take");
	if (!jp_db_may_call(db, error) || !db->driver->lock(db->conn, what, shared, error))
		return FALSE;
	db->locks[db->n_locks].what = what;
	db->locks[db->n_locks++].shared = shared;
	return TRUE;
}

static void
lock(jp_db *db, const char *what, gboolean shared)
{
	GError *error = NULL;

	check_in_tx(db, "lock");
	if (db->tx == JP_TX_READ)
		jp_db_misuse(what, "locked in a reading transaction");
	if (!jp_db_try_lock(db, what, shared, &error))
		jp_db_fatal(db, "lock", error);
}

void
jp_db_lock(jp_db *db, const char *what)
{
	lock(db, what, FALSE);
}

void
jp_db_lock_shared(jp_db *db, const char *what)
{
	lock(db, what, TRUE);
}
