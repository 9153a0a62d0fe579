/*
 * db: named statements, transactions and timings over one driver.
 *
 * All SQL lives in sql/; the build makes of it the enum jp_sql, constants for columns
 * (JP_COL_<STATEMENT>_<COLUMN>) and the statement table (see sql/README).  Drivers return errors;
 * this layer makes an unexpected one fatal (75 for a full disk or a lock that stays, 70 for a
 * corrupt file or a bug), so that jp_rows_next() is FALSE only at the end.  Expected conflicts are
 * written in SQL (ON CONFLICT) and are return values.
 */
#ifndef JP_DB_H
#define JP_DB_H

#include "config/config.h"
#include "sql.h" /* made by the build: enum jp_sql, JP_COL_... */

typedef struct jp_db jp_db;
typedef struct jp_rows jp_rows;

typedef enum jp_type {
	JP_TYPE_NULL,
	JP_TYPE_INT,
	JP_TYPE_REAL,
	JP_TYPE_TEXT,
	JP_TYPE_BLOB,
	JP_TYPE_LIST, /* a JSON array, as text */
} jp_type;

typedef struct jp_arg {
	jp_type type;
	gint64 i;
	double r;
	const void *p; /* borrowed for the call */
	gsize len;
} jp_arg;

#define JP_INT(v)       ((jp_arg){.type = JP_TYPE_INT, .i = (v)})
#define JP_REAL(v)      ((jp_arg){.type = JP_TYPE_REAL, .r = (v)})
#define JP_TEXT(v)      jp_arg_text(v) /* NULL is SQL's null */
#define JP_BLOB(ptr, n) ((jp_arg){.type = JP_TYPE_BLOB, .p = (ptr), .len = (n)})
#define JP_LIST(json)   ((jp_arg){.type = JP_TYPE_LIST, .p = (json)})
#define JP_NULL         ((jp_arg){.type = JP_TYPE_NULL})
#define JP_INT_IF(c, v) ((c) ? JP_INT(v) : JP_NULL)
#define JP_ARGS(...)                                                                               \
	((const jp_arg[]){__VA_ARGS__}), (sizeof((const jp_arg[]){__VA_ARGS__}) / sizeof(jp_arg))
#define JP_NO_ARGS NULL, 0
static inline jp_arg
jp_arg_text(const char *text)
{
	return text ? (jp_arg){.type = JP_TYPE_TEXT, .p = text} : JP_NULL;
}

/* ---- connections ---------------------------------------------------------------------------- */

typedef enum jp_db_mode {
	JP_DB_OPEN,    /* must exist with the schema of this build, else 78 with what to do */
	JP_DB_CREATE,  /* jp-db init: made if missing, the schema is not looked at */
	JP_DB_MIGRATE, /* jp-db migrate: must exist, the schema is not looked at */
	JP_DB_READ,    /* like OPEN, read only */
} jp_db_mode;

/* Opens conf->database.  Expected failures (missing: 69 "run jp-db init", newer schema: 78, not a
 * JobPing database: 65, not permitted: 77) are errors; borrows conf while open. */
jp_db *jp_db_open(const jp_config *conf, jp_db_mode mode, GError **error);
/* Rolls back what is open, adds the timings to query_stat (unless JP_DB_READ), closes. */
void jp_db_close(jp_db *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_db, jp_db_close)

/* Loads the configuration (jp_config_load's rules for `config`) and opens its database; what is
 * wrong is said, and its exit code given.  The caller frees both, also after a failure. */
int jp_site_open(jp_config **conf, jp_db **db, const char *config, jp_db_mode mode);

/* The database as messages may show it, without a password; borrowed while open. */
const char *jp_db_label(const jp_db *db);

/* The clock that leases are compared with: the server's on PostgreSQL, base's on SQLite and
 * wherever a test holds that still (JP_CLOCK). */
gint64 jp_db_now(jp_db *db);
/* The same, asked of the server this moment (a round trip): what processes count by together, as
 * what two of them make of its clock in between differs by milliseconds. */
gint64 jp_db_now_exactly(jp_db *db);
/* The file that every commit of any process on this machine writes to, for who waits for one; NULL
 * where there is none.  Free with g_free. */
char *jp_db_log_path(const jp_db *db);

/* ---- transactions ---------------------------------------------------------------------------- */

typedef enum jp_tx {
	JP_TX_READ,    /* a snapshot; a write in it is fatal */
	JP_TX_WRITE,   /* begins as a writer; may be lost by a power cut, whole */
	JP_TX_DURABLE, /* a writer whose commit is on the disk: guards an effect in the outside
			  world */
} jp_tx;

/* Transactions do not nest.  On SQLite one writer is at work at a time.  On PostgreSQL there are
 * many (READ COMMITTED): each statement sees what was committed before it, so that what was read is
 * written back with a condition, or under jp_db_lock.  A conflict that the engine finds ends the
 * process with 75. No transaction spans the network.  A writing statement outside one is
 * fatal; a reading one is its own. */
void jp_db_begin(jp_db *db, jp_tx kind);
void jp_db_commit(jp_db *db);
void jp_db_rollback(jp_db *db);

/* Makes a decision safe that rests on rows which are not there: until this write transaction ends,
 * nobody else gets past the same lock.  Take it before looking.  On SQLite writers are alone
 * anyway; on PostgreSQL they are not, and see each other's rows only when those are committed. Rows
 * that are there are better claimed by UPDATE, and what must be unique by ON CONFLICT.  `what` is a
 * word for what is decided, borrowed for the transaction; one that it holds already costs nothing.
 * A transaction that takes two takes them in alphabetical order, which is checked. */
void jp_db_lock(jp_db *db, const char *what);
/* The same for those whose decisions do not disturb each other, only those of who holds the lock
 * alone. */
void jp_db_lock_shared(jp_db *db, const char *what);

/* ---- statements ------------------------------------------------------------------------------ */

/* Number and types of the arguments are checked against the statement's declaration; misuse is
 * fatal in every build. */
jp_rows *jp_db_query(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args);
/* Runs a statement that gives no rows; returns the number of rows it changed. */
gint64 jp_db_exec(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args);
/* The same where the number does not matter: on PostgreSQL it goes out with the next statement that
 * is waited for, without a round trip of its own.  An error ends the process at the latest at the
 * commit. */
void jp_db_do(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args);
/* The same for n_rows rows, an INSERT that `many:` marks: args are the n_args of the first row,
 * then those of the second, and so on, borrowed for the call.  On SQLite, where it takes half the
 * time, they go in by one statement, on PostgreSQL as jp_db_do has it.  No rows: nothing is done.
 */
void jp_db_do_many(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args, gsize n_rows);
/* First column of the first row as an integer; FALSE when there is no row or it is null. */
gboolean jp_db_get_int(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args, gint64 *out);
/* Runs an INSERT that gives an id (`gives:`); the id of the row that it added. None is fatal, or,
 * as ON CONFLICT DO NOTHING has it, FALSE. */
gboolean
jp_db_insert_new(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args, gint64 *id);
gint64 jp_db_insert(jp_db *db, jp_sql statement, const jp_arg *args, gsize n_args);

/* Rows of a full-text index, turned about: the words in the order of their bytes, each once and at
 * most 200 bytes long, with the places, ascending, in ids of the rows that have it. */
typedef struct jp_index_word {
	const char *text; /* not terminated */
	guint len, n;
	const guint32 *rows;
} jp_index_word;
typedef struct jp_index_part {
	const char *index; /* its table */
	const gint64 *ids; /* ascending, none twice and none that the index has */
	guint n_ids;
	const jp_index_word *words;
	guint n_words;
} jp_index_part;
/* Adds them all, in a write transaction; FALSE when nothing was done, because the engine, or the
 * index as it is, takes a row at a time by a statement.  Borrows the part. */
gboolean jp_db_index(jp_db *db, const jp_index_part *part);
/* FALSE where it never does anything. */
gboolean jp_db_can_index(const jp_db *db);

gboolean jp_rows_next(jp_rows *r); /* FALSE only at the end: an error does not return */
gboolean jp_rows_is_null(const jp_rows *r, int col);
gint64 jp_rows_int(const jp_rows *r, int col); /* a null is fatal */
gint64 jp_rows_int_or(const jp_rows *r, int col, gint64 otherwise);
double jp_rows_real(const jp_rows *r, int col);
const char *jp_rows_text(const jp_rows *r, int col); /* borrowed until next; NULL for null */
const void *jp_rows_blob(const jp_rows *r, int col, gsize *len);
void jp_rows_free(jp_rows *r); /* NULL is fine; must be freed before the transaction ends */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_rows, jp_rows_free)

/* What another room keeps as long as the connection lives: `make` is called when it is asked for
 * the first time, `free` at close.  Borrowed. */
gpointer jp_db_kept(jp_db *db, gpointer (*make)(void), GDestroyNotify free);

/* What the statement is called ("board_claim_due"), for messages; borrowed for ever. */
const char *jp_sql_name(jp_sql statement);

/* ---- the schema (migrate.c) ------------------------------------------------------------------ */

/* Applies the migrations that are missing, each in a transaction; gives their number.  A newer
 * schema than ours is refused with 78. */
gboolean jp_db_migrate(jp_db *db, guint *applied, GError **error);
guint jp_db_schema_version(jp_db *db);
guint jp_db_schema_wanted(void);

/* Online copy while others write (the backup API), into a new file beside which nothing half-made
 * is left. */
gboolean jp_db_backup(jp_db *db, const char *target, GError **error);
/* Engine's integrity check and foreign keys: one call of each per problem found. */
typedef void (*jp_db_problem)(const char *what, gpointer data);
guint jp_db_check(jp_db *db, jp_db_problem each, gpointer data);
/* Gives freed pages back to the file system, truncates the log and refreshes the planner's
 * statistics. */
void jp_db_compact(jp_db *db);

/* ---- copying a database (copy.c) ------------------------------------------------------------- */

typedef struct jp_copy {
	jp_db *from; /* JP_DB_READ */
	jp_db *to;   /* JP_DB_CREATE: empty, or an unfinished copy of the same; NULL in a dry run:
			not there */
	gboolean dry_run;
	/* Makes in `to` what is derived from the rows. */
	gboolean (*derive)(jp_db *to, gpointer data, GError **error);
	/* How many rows are done, "copying" or "verifying"; NULL: nobody is told. */
	void (*progress)(const char *doing, const char *table, gint64 n, gint64 of, gpointer data);
	/* A table is copied and verified; digest is the SHA-256 of its rows' values (NULL in a
	 * dry run). */
	void (*done)(const char *table, gint64 n_rows, const char *digest, gpointer data);
	gpointer data;

	jp_config *from_conf, *to_conf; /* owned, by jp_copy_open */
} jp_copy;

/* Opens both sides, each a file or a URL without a password, with the settings of the configuration
 * (NULL: the usual one).  A dry run makes nothing. */
gboolean
jp_copy_open(jp_copy *c, const char *config, const char *from, const char *to, GError **error);
/* Copies, derives, verifies; interrupted or killed, the same call goes on. */
gboolean jp_copy_run(const jp_copy *c, GError **error);
void jp_copy_clear(jp_copy *c);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(jp_copy, jp_copy_clear)

/* ---- upkeep (upkeep.c) ----------------------------------------------------------------------- */

/* Removes at most `limit` postings closed before that, in the caller's write transaction: what is
 * known of their words, the posting room knows (jp_posting_prune).  Gives their number. */
typedef gint64 (*jp_upkeep_prune)(jp_db *db, gint64 before, guint limit);
/* Removes what is older than conf->gc allows, in portions; dry_run only counts.  Tells for each
 * kind how many rows and which age; gives their sum. */
typedef void (*jp_upkeep_pruned)(const char *what, gint64 n, gint64 age, gpointer data);
gint64 jp_upkeep_gc(jp_db *db, gint64 now, gboolean dry_run, jp_upkeep_prune postings,
    jp_upkeep_pruned each, gpointer data);
/* Promises of the programs that the rows themselves can break: one call of each per problem found;
 * gives their number. */
guint jp_upkeep_check(jp_db *db, gint64 now, jp_db_problem each, gpointer data);

/* ---- runs (run.c): a row a program run, for jp-stats ----------------------------------------- */

/* A run's row begins unfinished: one killed shows as such. */
gint64 jp_run_begin(jp_db *db);
void
jp_run_end(jp_db *db, gint64 run, int exit_code, gint64 n_done, gint64 n_failed, const char *note);

/* A name for leases: "host:pid:random", fixed for the process.  Borrowed for ever. */
const char *jp_worker(void);

#endif
