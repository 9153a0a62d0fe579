/*
 * What an engine must be able to do for db.c.  Drivers return errors (in JP_ERROR, so that the code
 * is the exit code) and never end the process; their messages have no values from statements or
 * rows.  A driver is one file with one of these tables; see sqlite.c.
 */
#ifndef JP_DB_DRIVER_H
#define JP_DB_DRIVER_H

#include "db/statement.h"

typedef struct jp_conn jp_conn; /* a connection and a prepared statement: each driver's own */
typedef struct jp_stmt jp_stmt;

typedef enum jp_step { JP_STEP_ROW, JP_STEP_END, JP_STEP_ERROR } jp_step;

typedef struct jp_driver {
	const char *name;
	jp_engine engine;

	/* Borrows conf while open.  What is wrong with the place or the file is an error that says
	 * what to do; the schema's version is for the caller to judge. */
	jp_conn *(*open)(const jp_config *conf, jp_db_mode mode, GError **error);
	void (*close)(jp_conn *c); /* rolls back; every statement was finalized */
	gint64 (*now)(jp_conn *c, gboolean exactly);

	gboolean (*begin)(jp_conn *c, jp_tx kind, GError **error);
	gboolean (*commit)(jp_conn *c, GError **error);
	gboolean (*rollback)(jp_conn *c, GError **error);
	/* Until the end of the write transaction, alone or with others that share it. */
	gboolean (*lock)(jp_conn *c, const char *what, gboolean shared, GError **error);

	/* Prepares texts[mask] of the statement. */
	jp_stmt *(*prepare)(jp_conn *c, const jp_statement *s, guint mask, GError **error);
	/* Copies all values; args are those of the declaration, in number and type. */
	gboolean (*bind)(jp_stmt *st, const jp_arg *args, gsize n_args, GError **error);
	jp_step (*step)(jp_stmt *st, GError **error);
	/* Runs a writing statement without rows now or, at the latest, before the next one is
	 * stepped or the transaction commits, which then gives its error; no step follows.  NULL:
	 * step does. */
	gboolean (*put_off)(jp_stmt *st, GError **error);
	void (*reset)(jp_stmt *st); /* ready for bind; values are let go */
	void (*finalize)(jp_stmt *st);
	gint64 (*changes)(jp_conn *c); /* rows changed by the statement that ended last */
	/* The id of the row that it added; NULL: it gives that as a column. */
	gint64 (*new_id)(jp_conn *c);

	/* Of the row that step gave.  Text and blob are borrowed until the next step or reset. */
	jp_type (*col_type)(jp_stmt *st, int col); /* a list reads as text */
	gint64 (*col_int)(jp_stmt *st, int col);
	double (*col_real)(jp_stmt *st, int col);
	const char *(*col_text)(jp_stmt *st, int col);
	const void *(*col_blob)(jp_stmt *st, int col, gsize *len);

	/* Takes the rows of a statement's `many`, each n_args arguments, which are borrowed until
	 * it was run and has ended.  NULL: it is bound to a list of them (rows.c). */
	void (*give_rows)(jp_conn *c, const jp_arg *args, gsize n_args, gsize n_rows);

	/* Adds many rows to the full-text index at once, in the write transaction; *taken is FALSE
	 * when that one has to be given them by statements.  NULL: every one has. */
	gboolean (*index)(jp_conn *c, const jp_index_part *part, gboolean *taken, GError **error);

	gboolean (*version)(jp_conn *c, guint *version, GError **error);
	/* Sets it, in a write transaction. */
	gboolean (*put_version)(jp_conn *c, guint version, GError **error);
	/* The greatest id that a table ever gave, also to rows that are gone; -1: none yet.  To be
	 * set in a write transaction. */
	gboolean (*last_id)(jp_conn *c, const char *table, gint64 *id, GError **error);
	gboolean (*put_last_id)(jp_conn *c, const char *table, gint64 id, GError **error);
	/* Applies one migration and its version in a durable transaction, unless another process
	 * did meanwhile: then *applied is FALSE. */
	gboolean (*migrate)(jp_conn *c, const jp_migration *m, gboolean *applied, GError **error);
	gboolean (*backup)(jp_conn *c, const char *target, GError **error);
	gboolean (*check)(jp_conn *c, jp_db_problem each, gpointer data, guint *n, GError **error);
	gboolean (*compact)(jp_conn *c, GError **error);
} jp_driver;

extern const jp_driver jp_driver_sqlite;
extern const jp_driver jp_driver_postgres; /* not in a build with POSTGRES=0 */

#endif
