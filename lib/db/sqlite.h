/* What the files of the SQLite driver share. */
#ifndef JP_DB_SQLITE_H
#define JP_DB_SQLITE_H

#include <sqlite3.h>

#include "db/driver.h"

/* What is prepared to write to a full-text index (sqlite_segment.c). */
typedef struct jp_sqlite_indexer jp_sqlite_indexer;
/* Rows on their way into a table (sqlite_rows.c). */
typedef struct jp_sqlite_rows jp_sqlite_rows;

struct jp_conn {
	sqlite3 *db;
	char *path;
	gint64 busy_timeout; /* ms */
	int is_full;         /* PRAGMA synchronous as last set: 1 FULL, 0 NORMAL, -1 not yet */
	sqlite3_stmt *begin, *commit; /* of writers; NULL: not yet prepared */
	jp_sqlite_indexer *indexer;   /* NULL: not yet */
	jp_sqlite_rows *rows;         /* for an INSERT of many */
};

/* In the file's header: "JPng", so that file(1) and jp_db_open know our databases. */
#define JP_SQLITE_APPLICATION_ID 0x4a506e67

/* Sets *error from a result code of db, without any value; returns FALSE. */
gboolean jp_sqlite_fail(sqlite3 *db, int rc, GError **error);
gboolean jp_sqlite_exec(sqlite3 *db, const char *sql, GError **error);
/* First column of the first row of a pragma. */
gboolean jp_sqlite_get(sqlite3 *db, const char *sql, gint64 *out, GError **error);

/* Makes the full-text index take the words of its texts as they stand (sqlite_words.c). */
gboolean jp_sqlite_set_words(sqlite3 *db, GError **error);

/* Puts many rows into it at once (sqlite_segment.c). */
gboolean jp_sqlite_index(jp_conn *c, const jp_index_part *part, gboolean *taken, GError **error);
void jp_sqlite_indexer_free(jp_sqlite_indexer *x); /* NULL is fine */

/* The rows of the INSERT that is run next, borrowed until it has ended (sqlite_rows.c). */
gboolean jp_sqlite_set_rows(jp_conn *c, GError **error); /* once for a connection */
void jp_sqlite_give_rows(jp_conn *c, const jp_arg *args, gsize n_args, gsize n_rows);

gboolean jp_sqlite_version(jp_conn *c, guint *version, GError **error);
gboolean jp_sqlite_put_version(jp_conn *c, guint version, GError **error);
gboolean jp_sqlite_last_id(jp_conn *c, const char *table, gint64 *id, GError **error);
gboolean jp_sqlite_put_last_id(jp_conn *c, const char *table, gint64 id, GError **error);
gboolean jp_sqlite_migrate(jp_conn *c, const jp_migration *m, gboolean *applied, GError **error);
gboolean jp_sqlite_backup(jp_conn *c, const char *target, GError **error);
gboolean jp_sqlite_check(jp_conn *c, jp_db_problem each, gpointer data, guint *n, GError **error);
gboolean jp_sqlite_compact(jp_conn *c, GError **error);

#endif
