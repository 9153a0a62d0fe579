/*
 * What an operator does to a SQLite database: migrate, back up, check, compact (Q02, Q03, G03).
 */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/sqlite.h"

/* Reports so many problems of a damaged file and no more. */
#define MAX_PROBLEMS 100
/* Pages copied or given back at a time, 4 MiB: between two, SIGTERM is looked at. */
#define PAGES 1024

gboolean
jp_sqlite_version(jp_conn *c, guint *version, GError **error)
{
	gint64 n;

	if (!jp_sqlite_get(c->db, "PRAGMA user_version", &n, error))
		return FALSE;
	*version = (guint)CLAMP(n, 0, G_MAXINT);
	return TRUE;
}

gboolean
jp_sqlite_put_version(jp_conn *c, guint version, GError **error)
{
	g_autofree char *set = g_strdup_printf("PRAGMA user_version=%u", version);

	return jp_sqlite_exec(c->db, set, error);
}

/* ---- ids ------------------------------------------------------------------------------------- */

/* Tables are those of the schema: their names need no quoting. */
gboolean
jp_sqlite_last_id(jp_conn *c, const char *table, gint64 *id, GError **error)
{
	g_autofree char *sql = g_strdup_printf(
	    "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = '%s'), -1)", table);

	return jp_sqlite_get(c->db, sql, id, error);
}

gboolean
jp_sqlite_put_last_id(jp_conn *c, const char *table, gint64 id, GError **error)
{
	g_autofree char *clear =
	    g_strdup_printf("DELETE FROM sqlite_sequence WHERE name = '%s'", table);
	g_autofree char *set = g_strdup_printf(
	    "INSERT INTO sqlite_sequence (name, seq) VALUES ('%s', %" G_GINT64_FORMAT ")", table,
	    id);

	return jp_sqlite_exec(c->db, clear, error) && (id < 0 || jp_sqlite_exec(c->db, set, error));
}

/* ---- migrations ------------------------------------------------------------------------------ */

/* A row a broken reference: table, rowid, parent. */
static gboolean
check_references(sqlite3 *db, jp_db_problem each, gpointer data, guint *n, GError **error)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(db, "PRAGMA foreign_key_check", -1, &st, NULL);

	if (rc != SQLITE_OK)
		return jp_sqlite_fail(db, rc, error);
	while (*n < MAX_PROBLEMS && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		g_autofree char *what =
		    g_strdup_printf("%s %" G_GINT64_FORMAT ": refers to a %s that is not there",
			sqlite3_column_text(st, 0), (gint64)sqlite3_column_int64(st, 1),
			sqlite3_column_text(st, 2));

		each(what, data);
		(*n)++;
	}
	sqlite3_finalize(st);
	return rc == SQLITE_DONE || rc == SQLITE_ROW || rc == SQLITE_OK ||
	    jp_sqlite_fail(db, rc, error);
}

static void
keep_first(const char *what, gpointer data)
{
	char **first = data;

	if (!*first)
		*first = g_strdup(what);
}

static gboolean
migrate_inside(jp_conn *c, const jp_migration *m, gboolean *applied, GError **error)
{
	g_autofree char *broken = NULL;
	guint version, n = 0;

	if (!jp_sqlite_version(c, &version, error))
		return FALSE;
	if (version >= m->version)
		return TRUE;
	if (!jp_sqlite_exec(c->db, m->text[JP_ENGINE_SQLITE], error) ||
	    !check_references(c->db, keep_first, &broken, &n, error))
		return FALSE;
	if (n > 0) {
		g_set_error(error, JP_ERROR, JP_ERROR_BUG, "%s", broken);
		return FALSE;
	}
	*applied = TRUE;
	return jp_sqlite_put_version(c, m->version, error);
}

/* Foreign keys are off meanwhile, because a table that others refer to may have to be made anew;
 * before the commit all of them are checked. */
gboolean
jp_sqlite_migrate(jp_conn *c, const jp_migration *m, gboolean *applied, GError **error)
{
	gboolean ok;

	*applied = FALSE;
	if (!jp_sqlite_exec(c->db, "PRAGMA foreign_keys=OFF", error))
		return FALSE;
	ok = jp_driver_sqlite.begin(c, JP_TX_DURABLE, error) &&
	    migrate_inside(c, m, applied, error) && jp_driver_sqlite.commit(c, error);
	if (!ok) {
		*applied = FALSE;
		(void)jp_driver_sqlite.rollback(c, NULL); /* the first error is the one to tell */
		g_prefix_error(error, "migration %u (%s): ", m->version, m->name);
	}
	return jp_sqlite_exec(c->db, "PRAGMA foreign_keys=ON", ok ? error : NULL) && ok;
}

/* ---- backup ---------------------------------------------------------------------------------- */

static gboolean
is_same_file(const char *a, const char *b)
{
	struct stat sa, sb;

	return stat(a, &sa) == 0 && stat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
	    sa.st_ino == sb.st_ino;
}

/* The database itself and what SQLite keeps beside it are no place for a backup. */
static gboolean
check_target(const jp_conn *c, const char *target, GError **error)
{
	static const char *const beside[] = {"", "-wal", "-shm", "-journal"};

	for (guint i = 0; i < G_N_ELEMENTS(beside); i++) {
		g_autofree char *own = g_strconcat(c->path, beside[i], NULL);

		if (g_str_equal(own, target) || is_same_file(own, target)) {
			g_set_error(error, JP_ERROR, JP_ERROR_USAGE,
			    "%s: is the database itself; name another file", target);
			return FALSE;
		}
	}
	return TRUE;
}

static gboolean
copy_pages(sqlite3 *from, sqlite3 *to, GError **error)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int rc = b ? SQLITE_OK : sqlite3_errcode(to);

	while (rc == SQLITE_OK && !jp_stopping())
		rc = sqlite3_backup_step(b, PAGES);
	if (b)
		(void)sqlite3_backup_finish(b); /* repeats what step gave */
	if (rc == SQLITE_DONE)
		return TRUE;
	if (rc != SQLITE_OK)
		return jp_sqlite_fail(to, rc, error);
	g_set_error(error, JP_ERROR, JP_ERROR_TEMP, "interrupted");
	return FALSE;
}

/* Inside one read transaction, so that writers neither wait nor make the copy start again. */
static gboolean
copy_database(jp_conn *c, const char *path, GError **error)
{
	sqlite3 *to = NULL;
	gint64 ignored;
	gboolean ok;
	int rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE, NULL);

	if (rc != SQLITE_OK) {
		jp_sqlite_fail(to, rc, error);
		(void)sqlite3_close(to);
		return FALSE;
	}
	sqlite3_extended_result_codes(to, 1);
	ok = jp_sqlite_exec(c->db, "BEGIN", error);
	if (ok) {
		ok = jp_sqlite_get(c->db, "SELECT count(*) FROM sqlite_schema", &ignored, error) &&
		    copy_pages(c->db, to, error);
		ok = jp_sqlite_exec(c->db, "COMMIT", ok ? error : NULL) && ok;
	}
	rc = sqlite3_close(to);
	return ok && (rc == SQLITE_OK || jp_sqlite_fail(NULL, rc, error));
}

static gboolean
sync_path(const char *path, int flags, GError **error)
{
	int fd = open(path, flags | O_CLOEXEC), err = 0;

	if (fd < 0 || fsync(fd))
		err = errno;
	if (fd >= 0 && close(fd) && !err)
		err = errno;
	return !err || jp_error_errno(error, err, "%s", path);
}

static gboolean
put_in_place(const char *temp, const char *target, GError **error)
{
	g_autofree char *dir = g_path_get_dirname(target);

	if (!sync_path(temp, O_RDWR, error))
		return FALSE;
	if (rename(temp, target))
		return jp_error_errno(error, errno, "%s", target);
	return sync_path(dir, O_RDONLY | O_DIRECTORY, error);
}

gboolean
jp_sqlite_backup(jp_conn *c, const char *target, GError **error)
{
	g_autofree char *temp = g_strconcat(target, ".XXXXXX", NULL);
	g_autofree char *journal = NULL;
	int fd;

	if (!check_target(c, target, error))
		return FALSE;
	fd = g_mkstemp_full(temp, O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 || close(fd))
		return jp_error_errno(error, errno, "%s", target);
	if (copy_database(c, temp, error) && put_in_place(temp, target, error))
		return TRUE;
	g_prefix_error(error, "no backup made: ");
	journal = g_strconcat(temp, "-journal", NULL);
	(void)g_unlink(journal); /* usually not there */
	(void)g_unlink(temp);    /* nor this, when the rename was done */
	return FALSE;
}

/* ---- check and compact ----------------------------------------------------------------------- */

gboolean
jp_sqlite_check(jp_conn *c, jp_db_problem each, gpointer data, guint *n, GError **error)
{
	g_autofree char *sql = g_strdup_printf("PRAGMA integrity_check(%d)", MAX_PROBLEMS);
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(c->db, sql, -1, &st, NULL);

	*n = 0;
	while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		const char *what = (const char *)sqlite3_column_text(st, 0);

		rc = SQLITE_OK;
		if (g_str_equal(what, "ok"))
			continue;
		each(what, data);
		(*n)++;
	}
	sqlite3_finalize(st);
	if (rc != SQLITE_DONE)
		return jp_sqlite_fail(c->db, rc, error);
	return check_references(c->db, each, data, n, error);
}

/* Every step is a short write transaction of its own. */
static gboolean
give_back_pages(jp_conn *c, GError **error)
{
	g_autofree char *sql = g_strdup_printf("PRAGMA incremental_vacuum(%d)", PAGES);
	gint64 before, n_free;

	if (!jp_sqlite_get(c->db, "PRAGMA freelist_count", &n_free, error))
		return FALSE;
	for (before = n_free + 1; n_free > 0 && n_free < before && !jp_stopping();) {
		before = n_free;
		if (!jp_sqlite_exec(c->db, sql, error) ||
		    !jp_sqlite_get(c->db, "PRAGMA freelist_count", &n_free, error))
			return FALSE;
	}
	return TRUE;
}

/* A checkpoint that finds readers does what it can; the next one does the rest. */
gboolean
jp_sqlite_compact(jp_conn *c, GError **error)
{
	return give_back_pages(c, error) &&
	    jp_sqlite_exec(c->db, "PRAGMA analysis_limit=1000; ANALYZE", error) &&
	    jp_sqlite_exec(c->db, "PRAGMA wal_checkpoint(TRUNCATE)", error);
}
