/* What the PostgreSQL driver's files share. */
#ifndef JP_DB_POSTGRES_H
#define JP_DB_POSTGRES_H

#include "db/driver.h"
#include "db/pq.h"

/* Advisory locks of ours have this as their first key ("JPng"); the second says what for. */
#define JP_PG_LOCK_CLASS 0x4a506e67

/*
 * A connection is always in libpq's pipeline mode: statements are sent together with what was put
 * off before them (BEGIN, settings), one Sync at the end of each batch, and results are read in
 * the order of sending.  At most one statement is being read; when another one is run, the rest of
 * its rows moves into memory first.
 */
struct jp_conn {
	const jp_pq *pq;
	const jp_config *conf; /* borrowed */
	jp_db_mode mode;
	PGconn *pg; /* NULL: lost, to be opened again */
	gboolean may_prepare;
	gboolean is_unbounded; /* migrations and upkeep take the time they take */
	GHashTable *seen;      /* texts (their places) that this session has run once */
	GHashTable *prepared;  /* and those that it has as named statements: place -> name */

	gboolean in_tx;
	char *settings[3];  /* a SELECT for each jp_tx */
	GPtrArray *put_off; /* commands sent whose results nobody has read: what they are called */
	jp_stmt *reading;   /* its rows are still on the wire */
	gint64 used_at;     /* of the last answer; jp_monotonic_us */
	gint64 changes;
	char tag[16];           /* of the last command without rows: "COMMIT" */
	gint64 clock, clock_at; /* the server's ms, and when it was asked (0: never) */
};

/* A value of the row that a statement is on. */
typedef struct jp_pg_cell {
	const char *p; /* NULL: null */
	gsize len;
} jp_pg_cell;

typedef enum jp_pg_phase {
	JP_PG_READY,
	JP_PG_WIRE,   /* rows are still on the wire */
	JP_PG_MEMORY, /* they were read ahead */
	JP_PG_END,
} jp_pg_phase;

struct jp_stmt {
	jp_conn *c;
	const jp_statement *s;
	const char *const *place; /* of the text in the table: its identity */

	Oid *types;
	GByteArray *values; /* what the arguments point into */
	const char **args;
	int *lens, *formats;

	jp_pg_phase phase;
	PGresult *row;    /* JP_PG_WIRE */
	GByteArray *rest; /* JP_PG_MEMORY: cells, each a length and bytes */
	gsize at;
	GError *broken; /* what ended the reading of the rest */
	Oid *col_types;
	jp_pg_cell *cells;
};

/* ---- postgres_conn.c: sessions, and waiting for the server ------------------------------------
 */

/* Opens a session by the configuration; tries again for connect_timeout while that may help. */
gboolean jp_pg_connect(jp_conn *c, GError **error);
void jp_pg_disconnect(jp_conn *c);
/* Sees to it that a session which is not in use is there and not too old. */
gboolean jp_pg_refresh(jp_conn *c, GError **error);
/* The next result of what was sent; *out NULL: the end of one command.  FALSE: the session is lost,
 * or it took too long. */
gboolean jp_pg_result(jp_conn *c, PGresult **out, GError **error);
gboolean jp_pg_flush(jp_conn *c, GError **error);
/* Runs a text of several statements without arguments and rows, as migrations are. */
gboolean jp_pg_script(jp_conn *c, const char *sql, GError **error);

/* ---- postgres_error.c -------------------------------------------------------------------------
 */

/* Sets *error from a result that failed, without any value; returns FALSE.  Takes r. */
gboolean jp_pg_fail(jp_conn *c, PGresult *r, GError **error);
/* The same for a session that could not be opened, or is lost.  *may_help: trying again may. */
gboolean jp_pg_fail_connect(const jp_pq *pq, const PGconn *pg, gboolean *may_help, GError **error);
gboolean jp_pg_fail_lost(GError **error);

/* ---- postgres_stmt.c: statements and rows, as the driver's table has them
 * -------------------------------------------------------------------
 */

/* Has a command sent with the next batch, its result being of no interest; an error in it comes
 * with that batch. */
gboolean jp_pg_command(jp_conn *c, const char *sql, GError **error);
/* The same for what a transaction of the kind sets for itself. */
gboolean jp_pg_settings(jp_conn *c, jp_tx kind, GError **error);
/* Reads the rest of what is being read into memory, sends what was put off, reads its results. */
gboolean jp_pg_settle(jp_conn *c, GError **error);
/* Runs a query at once; gives its rows in text, to be PQclear'd. */
PGresult *jp_pg_ask(jp_conn *c, const char *sql, GError **error);

jp_stmt *jp_pg_prepare(jp_conn *c, const jp_statement *s, guint mask, GError **error);
jp_step jp_pg_step(jp_stmt *st, GError **error);
gboolean jp_pg_put_off(jp_stmt *st, GError **error);
void jp_pg_reset(jp_stmt *st);
void jp_pg_finalize(jp_stmt *st);

/* ---- postgres_value.c -------------------------------------------------------------------------
 */

Oid jp_pg_type_of(jp_type type); /* of an argument */
gboolean jp_pg_bind(jp_stmt *st, const jp_arg *args, gsize n_args, GError **error);
jp_type jp_pg_col_type(jp_stmt *st, int col);
gint64 jp_pg_col_int(jp_stmt *st, int col);
double jp_pg_col_real(jp_stmt *st, int col);
const char *jp_pg_col_text(jp_stmt *st, int col);
const void *jp_pg_col_blob(jp_stmt *st, int col, gsize *len);

/* ---- postgres_admin.c -------------------------------------------------------------------------
 */

/* Whether the database is ours; makes an empty one ours in JP_DB_CREATE. */
gboolean jp_pg_check_identity(jp_conn *c, GError **error);
gboolean jp_pg_version(jp_conn *c, guint *version, GError **error);
gboolean jp_pg_put_version(jp_conn *c, guint version, GError **error);
gboolean jp_pg_last_id(jp_conn *c, const char *table, gint64 *id, GError **error);
gboolean jp_pg_put_last_id(jp_conn *c, const char *table, gint64 id, GError **error);
gboolean jp_pg_migrate(jp_conn *c, const jp_migration *m, gboolean *applied, GError **error);
gboolean jp_pg_backup(jp_conn *c, const char *target, GError **error);
gboolean jp_pg_check(jp_conn *c, jp_db_problem each, gpointer data, guint *n, GError **error);
gboolean jp_pg_compact(jp_conn *c, GError **error);

#endif
