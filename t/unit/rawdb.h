/*
 * For tests that look at a database past our own layer: one more connection to the file, for
 * setting up rows and for counting what is there.
 */
#ifndef T_RAWDB_H
#define T_RAWDB_H

#include <sqlite3.h>

#include "tmpdb.h"

static inline sqlite3 *
raw_open(const tmpdb *t)
{
	sqlite3 *raw = NULL;

	g_assert_cmpint(sqlite3_open(t->path, &raw), ==, SQLITE_OK);
	sqlite3_busy_timeout(raw, 2000);
	return raw;
}

static inline void
raw_do(sqlite3 *raw, const char *sql)
{
	char *why = NULL;

	if (sqlite3_exec(raw, sql, NULL, NULL, &why) != SQLITE_OK)
		g_error("%s: %s", sql, why);
}

/* The one value that the SELECT gives, as text; NULL for null or no row.  Free with g_free. */
static inline char *
raw_text(sqlite3 *raw, const char *sql)
{
	sqlite3_stmt *st = NULL;
	char *text = NULL;

	if (sqlite3_prepare_v2(raw, sql, -1, &st, NULL) != SQLITE_OK)
		g_error("%s: %s", sql, sqlite3_errmsg(raw));
	if (sqlite3_step(st) == SQLITE_ROW)
		text = g_strdup((const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return text;
}

static inline gint64
raw_int(sqlite3 *raw, const char *sql)
{
	g_autofree char *text = raw_text(raw, sql);

	return text ? g_ascii_strtoll(text, NULL, 10) : 0;
}

/* A board that is due never; gives its id. */
static inline gint64
raw_board(sqlite3 *raw, const char *kind)
{
	g_autofree char *sql =
	    g_strdup_printf("INSERT INTO board (kind, token, next_at, created_at)"
			    " SELECT '%s', 'board-' || count(*), 0, 0 FROM board",
		kind);

	raw_do(raw, sql);
	return sqlite3_last_insert_rowid(raw);
}

#define raw_assert_int(raw, sql, n) g_assert_cmpint(raw_int(raw, sql), ==, n)
#define raw_assert_text(raw, sql, want)                                                            \
	do {                                                                                       \
		g_autofree char *got_ = raw_text(raw, sql);                                        \
		g_assert_cmpstr(got_, ==, want);                                                   \
	} while (0)

#endif
