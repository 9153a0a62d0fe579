/* What db.c, rows.c, timing.c, migrate.c and upkeep.c share. */
#ifndef JP_DB_INTERNAL_H
#define JP_DB_INTERNAL_H

#include "db/driver.h"

/* As in query_stat.buckets; bucket k counts calls under 2^k microseconds, the last all others. */
#define JP_TIMING_BUCKETS 24

typedef struct jp_timing {
	gint64 n, total_us, max_us;
	gint64 buckets[JP_TIMING_BUCKETS];
} jp_timing;

/* The schema version of a database that jp-db copy is filling. */
#define JP_DB_COPYING 1000000u

/* Locks that one transaction takes at most. */
#define JP_DB_MAX_LOCKS 4

struct jp_db {
	const jp_driver *driver;
	jp_conn *conn;
	const jp_config *conf; /* borrowed */
	jp_db_mode mode;
	char *label; /* for messages: the database without a password */

	gboolean in_tx;
	jp_tx tx;
	struct {
		const char *what; /* borrowed */
		gboolean shared;
	} locks[JP_DB_MAX_LOCKS]; /* of the transaction, in alphabetical order */
	guint n_locks;
	guint n_open;     /* rows that are not at their end */
	jp_sql last_open; /* one of them, for messages */

	jp_stmt **prepared[JP_SQL_N]; /* by mask; a statement in use is not there */
	jp_stmt *prepared_many[JP_SQL_N];
	jp_timing timings[JP_SQL_N];

	gboolean has_no_timings; /* none are written at close */
	GPtrArray *kept;         /* of struct kept * (db.c); NULL: none */

	gboolean is_strict; /* JP_TEST_STRICT: what was selected must be read */
	gint64 fail_at;     /* JP_TEST_DB_FAIL: this call of the driver fails; 0: none */
	gint64 n_calls;
};

/* Ends the process: takes error, whose code is the exit code; what is a statement's name
 * or NULL. */
void jp_db_fatal(jp_db *db, const char *what, GError *error) G_GNUC_NORETURN;
/* Ends the process because the caller broke the rules of db.h. */
void jp_db_misuse(const char *statement, const char *fmt, ...) G_GNUC_PRINTF(2, 3) G_GNUC_NORETURN;

/* Stands before every call of the driver, so that tests can make it fail. */
gboolean jp_db_may_call(jp_db *db, GError **error);

/* The same as their public sisters, with errors returned. */
gboolean jp_db_try_begin(jp_db *db, jp_tx kind, GError **error);
gboolean jp_db_try_commit(jp_db *db, GError **error);
gboolean jp_db_try_rollback(jp_db *db, GError **error);
gboolean jp_db_try_lock(jp_db *db, const char *what, gboolean shared, GError **error);
jp_rows *
jp_rows_try_open(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args, GError **error);
jp_step jp_rows_try_next(jp_rows *r, GError **error);

/* rows.c: the arguments against the statement's declaration, and the transaction. */
void jp_rows_check(const jp_db *db, const jp_statement *s, const jp_arg *args, gsize n_args);
/* Runs its `many` with that list, or NULL where the driver was given the rows. */
void jp_rows_run_many(jp_db *db, jp_sql statement, const char *list);
/* Finalizes what is kept. */
void jp_rows_forget(jp_db *db);

/* timing.c */
void jp_timing_add(jp_db *db, jp_sql statement, gint64 us);
/* Adds what was measured to query_stat, as well as it can: timings are not worth failing for. */
void jp_timing_save(jp_db *db);

#endif
