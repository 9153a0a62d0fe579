/*
 * The PostgreSQL half of tmpdb.h and rawdb.h: databases of their own on the server that
 * JP_TEST_POSTGRES names, made and dropped past any pooler (JP_TEST_POSTGRES_DIRECT).
 */
#ifndef T_TMPDB_PG_H
#define T_TMPDB_PG_H

#include <string.h>
#include <unistd.h>

#include "base/base.h"

#ifdef JP_NO_POSTGRES

static inline const char *
pg_admin(void)
{
	return NULL; /* this build knows files only */
}

static inline const char *
pg_direct(void)
{
	return NULL;
}

static inline void
pg_leave(const char *database)
{
	(void)database;
}

#else

#include <libpq-fe.h>

/* The URL through which tests run, or NULL: they use a file. */
static inline const char *
pg_admin(void)
{
	const char *url = g_getenv("JP_TEST_POSTGRES");

	return url && *url ? url : NULL;
}

static inline const char *
pg_direct(void)
{
	const char *url = g_getenv("JP_TEST_POSTGRES_DIRECT");

	return url && *url ? url : pg_admin();
}

/* The URL with another database in its path.  Free with g_free. */
static inline char *
pg_url(const char *url, const char *database)
{
	const char *start = strstr(url, "://") + 3, *path = strchr(start, '/');
	const char *query = strchr(start, '?');

	g_assert_nonnull(path);
	return g_strdup_printf("%.*s/%s%s", (int)(path - url), url, database, query ? query : "");
}

static inline void
pg_quiet(void *data, const char *message)
{
	(void)data;
	(void)message;
}

static inline PGconn *
pg_open(const char *url)
{
	PGconn *pg = PQconnectdb(url);

	if (PQstatus(pg) != CONNECTION_OK)
		g_error("%s", PQerrorMessage(pg));
	PQsetNoticeProcessor(pg, pg_quiet, NULL);
	return pg;
}

/* Runs SQL; gives the first value of what comes last, a truth as 0 or 1, NULL for null or no row.
 * Free with g_free. */
static inline char *
pg_ask(PGconn *pg, const char *sql)
{
	PGresult *r = PQexec(pg, sql);
	ExecStatusType status = PQresultStatus(r);
	char *text = NULL;

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		g_error("%s: %s", sql, PQerrorMessage(pg));
	if (PQntuples(r) > 0 && !PQgetisnull(r, 0, 0))
		text = g_strdup(PQgetvalue(r, 0, 0));
	if (text && PQftype(r, 0) == 16)
		*text = *text == 't' ? '1' : '0';
	PQclear(r);
	return text;
}

/* CREATE DATABASE name, or DROP DATABASE name. */
static inline void
pg_admin_do(const char *what, const char *name)
{
	g_autofree char *sql = g_strconcat(what, " ", name, NULL);
	PGconn *pg = pg_open(pg_direct());

	g_free(pg_ask(pg, sql));
	PQfinish(pg);
}

/* Copies files, which is a third of the work of copying pages through the log; like: NULL for one
 * that is empty. */
static inline void
pg_create(const char *database, const char *like)
{
	g_autofree char *copy = g_strdup_printf(
	    "%s TEMPLATE %s STRATEGY file_copy", database, like ? like : "template1");

	pg_admin_do("CREATE DATABASE", copy);
}

/* Nobody uses it any more. */
static inline void
pg_leave(const char *database)
{
	g_autofree char *sql = g_strdup_printf("SELECT count(pg_terminate_backend(pid, 60000))"
					       " FROM pg_stat_activity WHERE datname = '%s'",
	    database);
	PGconn *pg = pg_open(pg_direct());

	g_free(pg_ask(pg, sql));
	PQfinish(pg);
}

/* With those who still use it, such as a pooler. */
static inline void
pg_drop(const char *database)
{
	g_autofree char *forced = g_strconcat(database, " WITH (FORCE)", NULL);

	pg_admin_do("DROP DATABASE", forced);
}

#endif
#endif
