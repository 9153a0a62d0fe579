/*
 * For tests that look at a database past our own layer: one more connection to it, for setting up
 * rows and for counting what is there.  SQL is what both engines know.
 */
#ifndef T_RAWDB_H
#define T_RAWDB_H

#include <sqlite3.h>

#include "tmpdb.h"

typedef struct rawdb {
	sqlite3 *file; /* NULL: on a server */
	void *server;  /* PGconn */
} rawdb;

static inline rawdb *
raw_open(const tmpdb *t)
{
	rawdb *raw = g_new0(rawdb, 1);

#ifndef JP_NO_POSTGRES
	if (t->server) {
		g_autofree char *url = pg_url(pg_direct(), t->server);

		raw->server = pg_open(url);
		return raw;
	}
#endif
	g_assert_cmpint(sqlite3_open(t->path, &raw->file), ==, SQLITE_OK);
	sqlite3_busy_timeout(raw->file, 60000);
	return raw;
}

static inline void
raw_close(rawdb *raw)
{
#ifndef JP_NO_POSTGRES
	if (raw->server)
		PQfinish(raw->server);
#endif
	if (raw->file)
		g_assert_cmpint(sqlite3_close(raw->file), ==, SQLITE_OK);
	g_free(raw);
}

static inline void
raw_do(rawdb *raw, const char *sql)
{
	char *why = NULL;

#ifndef JP_NO_POSTGRES
	if (raw->server) {
		g_free(pg_ask(raw->server, sql));
		return;
	}
#endif
	if (sqlite3_exec(raw->file, sql, NULL, NULL, &why) != SQLITE_OK)
		g_error("%s: %s", sql, why);
}

/* The one value that the statement gives, as text; NULL for null or no row.  Free with g_free. */
static inline char *
raw_text(rawdb *raw, const char *sql)
{
	sqlite3_stmt *st = NULL;
	char *text = NULL;

#ifndef JP_NO_POSTGRES
	if (raw->server)
		return pg_ask(raw->server, sql);
#endif
	if (sqlite3_prepare_v2(raw->file, sql, -1, &st, NULL) != SQLITE_OK)
		g_error("%s: %s", sql, sqlite3_errmsg(raw->file));
	if (sqlite3_step(st) == SQLITE_ROW)
		text = g_strdup((const char *)sqlite3_column_text(st, 0));
	g_assert_cmpint(sqlite3_finalize(st), ==, SQLITE_OK);
	return text;
}

static inline gint64
raw_int(rawdb *raw, const char *sql)
{
	g_autofree char *text = raw_text(raw, sql);

	return text ? g_ascii_strtoll(text, NULL, 10) : 0;
}

/* A board that is due never; gives its id. */
static inline gint64
raw_board(rawdb *raw, const char *kind)
{
	g_autofree char *sql =
	    g_strdup_printf("INSERT INTO board (kind, token, next_at, created_at)"
			    " SELECT '%s', 'board-' || count(*), 0, 0 FROM board RETURNING id",
		kind);

	return raw_int(raw, sql);
}

/* SQLite only: the words of the full-text index, as the table temp.words. */
static inline void
raw_words(rawdb *raw)
{
	if (raw->file)
		raw_do(raw,
		    "CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', 'posting_text', "
		    "'instance')");
}

#define raw_assert_int(raw, sql, n) g_assert_cmpint(raw_int(raw, sql), ==, n)
#define raw_assert_text(raw, sql, want)                                                            \
	do {                                                                                       \
		g_autofree char *got_ = raw_text(raw, sql);                                        \
		g_assert_cmpstr(got_, ==, want);                                                   \
	} while (0)

#endif
