/* db.c and rows.c: opening, transactions, what is checked, and how errors end. */
#include <sys/stat.h>

#include "rawdb.h"

static gint64
add_run(jp_db *db, const char *worker)
{
	return jp_db_insert(
	    db, JP_SQL_RUN_BEGIN, JP_ARGS(JP_TEXT("test"), JP_TEXT(worker), JP_INT(5)));
}

/* What the file holds, seen by another reader of it. */
static gint64
ask(const tmpdb *t, const char *sql)
{
	rawdb *raw = raw_open(t);
	gint64 n = raw_int(raw, sql);

	raw_close(raw);
	return n;
}

static void
script(const tmpdb *t, const char *sql)
{
	rawdb *raw = raw_open(t);

	raw_do(raw, sql);
	raw_close(raw);
}

/* ---- opening --------------------------------------------------------------------------------- */

static void
assert_open_fails(const tmpdb *t, jp_db_mode mode, int code, const char *part)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(jp_db_open(t->conf, mode, &error));
	g_assert_error(error, JP_ERROR, code);
	if (!strstr(error->message, part))
		g_error("said \"%s\", without \"%s\"", error->message, part);
}

static void
test_open_missing(void)
{
	tmpdb t;

	if (tmpdb_skips())
		return;
	tmpdb_init(&t);
	assert_open_fails(&t, JP_DB_OPEN, JP_ERROR_UNAVAILABLE, "run jp-db init");
	assert_open_fails(&t, JP_DB_READ, JP_ERROR_UNAVAILABLE, "run jp-db init");
	g_assert_false(g_file_test(t.path, G_FILE_TEST_EXISTS));
	tmpdb_close(&t);
}

static void
test_open_missing_folder(void)
{
	tmpdb t;

	if (tmpdb_skips())
		return;
	tmpdb_init(&t);
	g_free(t.conf->database);
	t.conf->database = g_build_filename(t.dir, "no", "such.db", NULL);
	assert_open_fails(&t, JP_DB_CREATE, JP_ERROR_UNAVAILABLE, "such.db");
	tmpdb_close(&t);
}

static void
test_open_folder(void)
{
	tmpdb t;

	if (tmpdb_skips())
		return;
	tmpdb_init(&t);
	g_free(t.conf->database);
	t.conf->database = g_strdup(t.dir);
	assert_open_fails(&t, JP_DB_OPEN, JP_ERROR_DATA, "is not a file");
	tmpdb_close(&t);
}

static void
test_open_not_a_database(void)
{
	tmpdb t;
	char text[4096];

	if (tmpdb_skips())
		return;
	tmpdb_init(&t);
	memset(text, 'x', sizeof(text));
	g_assert_true(g_file_set_contents(t.path, text, sizeof(text), NULL));
	assert_open_fails(&t, JP_DB_OPEN, JP_ERROR_DATA, t.path);
	assert_open_fails(&t, JP_DB_CREATE, JP_ERROR_DATA, t.path);
	tmpdb_close(&t);
}

static void
test_open_foreign(void)
{
	tmpdb t;

	if (tmpdb_skips())
		return;
	tmpdb_init(&t);
	script(&t, "CREATE TABLE recipe (id INTEGER)");
	assert_open_fails(&t, JP_DB_OPEN, JP_ERROR_DATA, "of another program");
	assert_open_fails(&t, JP_DB_CREATE, JP_ERROR_DATA, "of another program");
	g_assert_cmpint(ask(&t, "PRAGMA application_id"), ==, 0);
	tmpdb_close(&t);
}

static void
test_open_empty(void)
{
	tmpdb t;

	if (tmpdb_skips())
		return;
	tmpdb_init(&t);
	g_assert_true(g_file_set_contents(t.path, "", 0, NULL));
	assert_open_fails(&t, JP_DB_OPEN, JP_ERROR_UNAVAILABLE, "run jp-db init");
	tmpdb_make(&t);
	g_assert_cmpuint(jp_db_schema_version(t.db), ==, jp_db_schema_wanted());
	tmpdb_close(&t);
}

static void
test_open_no_tables(void)
{
	g_autoptr(GError) error = NULL;
	tmpdb t;

	tmpdb_init(&t);
	t.db = jp_db_open(t.conf, JP_DB_CREATE, &error);
	g_assert_no_error(error);
	g_clear_pointer(&t.db, jp_db_close);
	assert_open_fails(&t, JP_DB_OPEN, JP_ERROR_CONFIG, "run jp-db init");
	tmpdb_close(&t);
}

/* Q02: an older program leaves a newer database alone. */
static void
test_open_newer(void)
{
	g_autoptr(GError) error = NULL;
	guint applied;
	tmpdb t;

	tmpdb_open(&t);
	g_clear_pointer(&t.db, jp_db_close);
	script(&t, t.server ? "UPDATE jp_schema SET version = 999" : "PRAGMA user_version=999");
	assert_open_fails(&t, JP_DB_OPEN, JP_ERROR_CONFIG, "schema 999");
	assert_open_fails(&t, JP_DB_READ, JP_ERROR_CONFIG, "newer programs");
	t.db = jp_db_open(t.conf, JP_DB_CREATE, &error);
	g_assert_no_error(error);
	g_assert_false(jp_db_migrate(t.db, &applied, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
	tmpdb_close(&t);
}

/* Whatever the build makes of a URL, nothing says the password. */
static void
test_open_postgres(void)
{
	g_autoptr(GError) error = NULL;
	tmpdb t;

	tmpdb_init(&t);
	g_free(t.conf->database);
	t.conf->database = g_strdup("postgresql://jp:secret@localhost:1/jp");
	t.conf->db.connect_timeout = 1;
	g_assert_null(jp_db_open(t.conf, JP_DB_OPEN, &error));
#ifdef JP_NO_POSTGRES
	g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, "no support for PostgreSQL"));
#else
	g_assert_error(error, JP_ERROR, JP_ERROR_TEMP);
#endif
	g_assert_null(strstr(error->message, "secret"));
	tmpdb_close(&t);
}

static void
test_open_not_permitted(void)
{
	tmpdb t;

	if (getuid() == 0) {
		g_test_skip("root may read everything");
		return;
	}
	if (tmpdb_skips())
		return;
	tmpdb_open(&t);
	g_clear_pointer(&t.db, jp_db_close);
	g_assert_cmpint(g_chmod(t.path, 0400), ==, 0);
	assert_open_fails(&t, JP_DB_OPEN, JP_ERROR_PERM, t.path);
	tmpdb_close(&t);
}

/* L08: whatever the umask, only the owner reads it; the same holds for the log beside it. */
static void
test_open_mode(void)
{
	static const char *const beside[] = {"", "-wal", "-shm"};
	mode_t old = umask(0);
	tmpdb t;

	if (tmpdb_skips())
		return;
	tmpdb_open(&t);
	for (guint i = 0; i < G_N_ELEMENTS(beside); i++) {
		g_autofree char *path = g_strconcat(t.path, beside[i], NULL);
		struct stat st;

		g_assert_cmpint(stat(path, &st), ==, 0);
		g_assert_cmpuint(st.st_mode & 0777, ==, 0600);
	}
	tmpdb_close(&t);
	umask(old);
}

/* Q01, Q04 */
static void
test_open_settings(void)
{
	tmpdb t;

	if (tmpdb_skips())
		return;
	tmpdb_open(&t);
	g_assert_cmpint(ask(&t, "PRAGMA application_id"), ==, 0x4a506e67);
	g_assert_cmpint(ask(&t, "PRAGMA auto_vacuum"), ==, 2);
	g_assert_cmpint(ask(&t, "SELECT 'wal' = journal_mode FROM pragma_journal_mode"), ==, 1);
	g_assert_cmpint(ask(&t,
			    "SELECT count(*) FROM pragma_table_list WHERE type = 'table'"
			    " AND name NOT LIKE 'sqlite_%' AND NOT strict"),
	    ==, 0);
	tmpdb_close(&t);
}

/* ---- transactions ---------------------------------------------------------------------------- */

static void
test_tx_commit_and_rollback(void)
{
	tmpdb t;
	jp_db *db = tmpdb_open(&t);

	jp_db_begin(db, JP_TX_WRITE);
	add_run(db, "kept");
	g_assert_cmpint(ask(&t, "SELECT count(*) FROM run"), ==, 0);
	jp_db_commit(db);
	g_assert_cmpint(ask(&t, "SELECT count(*) FROM run"), ==, 1);
	jp_db_begin(db, JP_TX_DURABLE);
	add_run(db, "undone");
	jp_db_rollback(db);
	jp_db_begin(db, JP_TX_WRITE);
	add_run(db, "left open");
	tmpdb_reopen(&t, JP_DB_OPEN);
	g_assert_cmpint(ask(&t, "SELECT count(*) FROM run"), ==, 1);
	tmpdb_close(&t);
}

/* A reading transaction sees one state, whatever others commit. */
static void
test_tx_snapshot(void)
{
	tmpdb t;
	jp_db *db = tmpdb_open(&t), *other;
	g_autoptr(GError) error = NULL;
	guint before = 0, after = 0;

	other = jp_db_open(t.conf, JP_DB_OPEN, &error);
	g_assert_no_error(error);
	jp_db_begin(db, JP_TX_READ);
	for (guint i = 0; i < 2; i++) {
		g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_QUERY_STAT_ALL, JP_NO_ARGS);

		while (jp_rows_next(r)) {
			g_assert_nonnull(jp_rows_text(r, JP_COL_QUERY_STAT_ALL_NAME));
			(void)jp_rows_int(r, JP_COL_QUERY_STAT_ALL_N);
			(void)jp_rows_int(r, JP_COL_QUERY_STAT_ALL_TOTAL_US);
			(void)jp_rows_int(r, JP_COL_QUERY_STAT_ALL_MAX_US);
			g_assert_nonnull(jp_rows_text(r, JP_COL_QUERY_STAT_ALL_BUCKETS));
			i == 0 ? before++ : after++;
		}
		if (i == 0) {
			jp_db_begin(other, JP_TX_WRITE);
			jp_db_exec(other, JP_SQL_QUERY_STAT_PUT,
			    JP_ARGS(JP_TEXT("x"), JP_INT(1), JP_INT(1), JP_INT(1), JP_LIST("[]")));
			jp_db_commit(other);
		}
	}
	jp_db_commit(db);
	g_assert_cmpuint(before, ==, after);
	g_assert_cmpint(ask(&t, "SELECT count(*) FROM query_stat"), ==, before + 1);
	jp_db_close(other);
	tmpdb_close(&t);
}

/* ---- statements ------------------------------------------------------------------------------ */

static void
test_rows_values(void)
{
	tmpdb t;
	jp_db *db = tmpdb_open(&t);
	jp_rows *r;
	gint64 id;

	jp_db_begin(db, JP_TX_WRITE);
	id = add_run(db, "w");
	g_assert_cmpint(id, ==, 1);
	g_assert_cmpint(jp_db_exec(db, JP_SQL_RUN_END,
			    JP_ARGS(JP_INT(id), JP_INT(G_MAXINT64), JP_INT(75), JP_INT(-1),
				JP_INT(G_MININT64), JP_TEXT(NULL))),
	    ==, 1);
	g_assert_cmpint(
	    jp_db_exec(db, JP_SQL_RUN_END,
		JP_ARGS(JP_INT(id), JP_INT(1), JP_INT(0), JP_INT(0), JP_INT(0), JP_TEXT("again"))),
	    ==, 0);
	jp_db_exec(db, JP_SQL_QUERY_STAT_PUT,
	    JP_ARGS(JP_TEXT("it's \"ü\""), JP_INT(1), JP_INT(2), JP_INT(3), JP_LIST("[1]")));
	r = jp_db_query(db, JP_SQL_QUERY_STAT_ALL, JP_NO_ARGS);
	g_assert_true(jp_rows_next(r));
	g_assert_false(jp_rows_is_null(r, JP_COL_QUERY_STAT_ALL_NAME));
	g_assert_cmpstr(jp_rows_text(r, JP_COL_QUERY_STAT_ALL_NAME), ==, "it's \"ü\"");
	g_assert_cmpint(jp_rows_int(r, JP_COL_QUERY_STAT_ALL_N), ==, 1);
	g_assert_cmpint(jp_rows_int_or(r, JP_COL_QUERY_STAT_ALL_TOTAL_US, 9), ==, 2);
	g_assert_cmpint(jp_rows_int(r, JP_COL_QUERY_STAT_ALL_MAX_US), ==, 3);
	g_assert_cmpstr(jp_rows_text(r, JP_COL_QUERY_STAT_ALL_BUCKETS), ==, "[1]");
	g_assert_false(jp_rows_next(r));
	g_assert_false(jp_rows_next(r));
	jp_rows_free(r);
	jp_db_commit(db);
	g_assert_cmpint(ask(&t,
			    "SELECT finished_at = 9223372036854775807 AND n_done = -1"
			    " AND n_failed = -9223372036854775808 AND note IS NULL FROM run"),
	    ==, 1);
	tmpdb_close(&t);
}

/* The same statement twice at once, each with rows of its own. */
static void
test_rows_nested(void)
{
	tmpdb t;
	jp_db *db = tmpdb_open(&t);
	guint n = 0;

	jp_db_begin(db, JP_TX_WRITE);
	for (guint i = 0; i < 3; i++) {
		g_autofree char *name = g_strdup_printf("s%u", i);

		jp_db_exec(db, JP_SQL_QUERY_STAT_PUT,
		    JP_ARGS(JP_TEXT(name), JP_INT(i), JP_INT(0), JP_INT(0), JP_LIST("[]")));
	}
	jp_db_commit(db);
	g_unsetenv("JP_TEST_STRICT");
	db = tmpdb_reopen(&t, JP_DB_READ);
	for (guint round = 0; round < 2; round++) {
		g_autoptr(jp_rows) a = jp_db_query(db, JP_SQL_QUERY_STAT_ALL, JP_NO_ARGS);

		while (jp_rows_next(a)) {
			g_autoptr(jp_rows) b = jp_db_query(db, JP_SQL_QUERY_STAT_ALL, JP_NO_ARGS);

			while (jp_rows_next(b))
				n++;
		}
	}
	g_assert_cmpuint(n, >=, 18);
	tmpdb_close(&t);
}

/* ---- misuse ---------------------------------------------------------------------------------- */

enum misuse {
	WRITE_OUTSIDE,
	WRITE_IN_READ,
	NESTED,
	COMMIT_ALONE,
	LOCK_ALONE,
	LOCK_IN_READ,
	LOCK_ORDER,
	LOCK_UPGRADE,
	LOCK_TOO_MANY,
	ROLLBACK_ALONE,
	OPEN_AT_COMMIT,
	OPEN_AT_ROLLBACK,
	OPEN_AT_BEGIN,
	OPEN_AT_CLOSE,
	TOO_FEW,
	WRONG_TYPE,
	NULL_ARG,
	NOT_A_LIST,
	NOT_UTF8,
	QUERY_WITHOUT_ROWS,
	EXEC_WITH_ROWS,
	NO_ROW_YET,
	NO_SUCH_COLUMN,
	WRONG_COLUMN_TYPE,
	UNREAD,
	READ_ONLY,
	CHECK_IN_TX,
	N_MISUSES
};

static const struct {
	const char *name, *said;
} misuses[N_MISUSES] = {
    [WRITE_OUTSIDE] = {"write-outside", "run_begin: a write outside a transaction"},
    [WRITE_IN_READ] = {"write-in-read", "run_begin: a write in a reading transaction"},
    [NESTED] = {"nested-begin", "begin inside a transaction"},
    [COMMIT_ALONE] = {"commit-alone", "commit without a transaction"},
    [LOCK_ALONE] = {"lock-alone", "lock without a transaction"},
    [LOCK_IN_READ] = {"lock-in-read", "a: locked in a reading transaction"},
    [LOCK_ORDER] = {"lock-order", "a: locked after b, which comes behind it"},
    [LOCK_UPGRADE] = {"lock-upgrade", "a: locked alone after it was shared"},
    [LOCK_TOO_MANY] = {"lock-too-many", "e: one more lock than a transaction may take"},
    [ROLLBACK_ALONE] = {"rollback-alone", "rollback without a transaction"},
    [OPEN_AT_COMMIT] = {"open-at-commit", "query_stat_all: its rows are still open at commit"},
    [OPEN_AT_ROLLBACK] = {"open-at-rollback", "still open at rollback"},
    [OPEN_AT_BEGIN] = {"open-at-begin", "still open at begin"},
    [OPEN_AT_CLOSE] = {"open-at-close", "still open at close"},
    [TOO_FEW] = {"too-few", "run_begin: 3 arguments, not 2"},
    [WRONG_TYPE] = {"wrong-type", "run_begin: argument now is int, not text"},
    [NULL_ARG] = {"null", "run_begin: argument worker may not be null"},
    [NOT_A_LIST] = {"not-a-list", "argument buckets is not a JSON array"},
    [NOT_UTF8] = {"not-utf8", "argument worker is not UTF-8"},
    [QUERY_WITHOUT_ROWS] = {"query-without-rows", "query_stat_put: gives no rows"},
    [EXEC_WITH_ROWS] = {"exec-with-rows", "run_begin: gives rows"},
    [NO_ROW_YET] = {"no-row-yet", "read where there is no row"},
    [NO_SUCH_COLUMN] = {"no-such-column", "query_stat_all: has no column 5"},
    [WRONG_COLUMN_TYPE] = {"wrong-column-type", "column n is int, read as text"},
    [UNREAD] = {"unread", "query_stat_all: nobody reads its column total_us"},
    [READ_ONLY] = {"read-only", "opened for reading"},
    [CHECK_IN_TX] = {"check-in-transaction", "check inside a transaction"},
};

static void
no_problem(const char *what, gpointer data)
{
	(void)what;
	(void)data;
}

static jp_rows *
one_stat(jp_db *db)
{
	jp_db_begin(db, JP_TX_WRITE);
	jp_db_exec(db, JP_SQL_QUERY_STAT_PUT,
	    JP_ARGS(JP_TEXT("x"), JP_INT(1), JP_INT(1), JP_INT(1), JP_LIST("[]")));
	return jp_db_query(db, JP_SQL_QUERY_STAT_ALL, JP_NO_ARGS);
}

static void
misuse_tx(jp_db *db, enum misuse what)
{
	if (what == NESTED || what == CHECK_IN_TX)
		jp_db_begin(db, JP_TX_READ);
	if (what == NESTED)
		jp_db_begin(db, JP_TX_READ);
	if (what == CHECK_IN_TX)
		jp_db_check(db, no_problem, NULL);
	if (what == COMMIT_ALONE)
		jp_db_commit(db);
	if (what == ROLLBACK_ALONE)
		jp_db_rollback(db);
	if (what == WRITE_OUTSIDE)
		add_run(db, "w");
	if (what == WRITE_IN_READ) {
		jp_db_begin(db, JP_TX_READ);
		add_run(db, "w");
	}
}

static void
misuse_rows(jp_db *db, enum misuse what)
{
	jp_rows *r;

	if (what == OPEN_AT_BEGIN) {
		r = jp_db_query(db, JP_SQL_QUERY_STAT_ALL, JP_NO_ARGS);
		jp_db_begin(db, JP_TX_READ);
	}
	r = one_stat(db);
	if (what == NO_ROW_YET)
		jp_rows_int(r, 0);
	jp_rows_next(r);
	if (what == NO_SUCH_COLUMN)
		jp_rows_int(r, 5);
	if (what == WRONG_COLUMN_TYPE)
		jp_rows_text(r, JP_COL_QUERY_STAT_ALL_N);
	if (what == OPEN_AT_COMMIT)
		jp_db_commit(db);
	if (what == OPEN_AT_ROLLBACK)
		jp_db_rollback(db);
	if (what == OPEN_AT_CLOSE)
		jp_db_close(db);
	jp_rows_text(r, JP_COL_QUERY_STAT_ALL_NAME);
	jp_rows_int(r, JP_COL_QUERY_STAT_ALL_N);
	jp_rows_free(r);
}

static void
misuse_args(jp_db *db, enum misuse what)
{
	jp_db_begin(db, JP_TX_WRITE);
	if (what == TOO_FEW)
		jp_db_query(db, JP_SQL_RUN_BEGIN, JP_ARGS(JP_TEXT("p"), JP_TEXT("w")));
	if (what == WRONG_TYPE)
		jp_db_query(
		    db, JP_SQL_RUN_BEGIN, JP_ARGS(JP_TEXT("p"), JP_TEXT("w"), JP_TEXT("secret")));
	if (what == NULL_ARG)
		add_run(db, NULL);
	if (what == NOT_UTF8)
		add_run(db, "\xff");
	if (what == NOT_A_LIST)
		jp_db_exec(db, JP_SQL_QUERY_STAT_PUT,
		    JP_ARGS(JP_TEXT("x"), JP_INT(1), JP_INT(1), JP_INT(1), JP_LIST("{}")));
	if (what == QUERY_WITHOUT_ROWS)
		jp_db_query(db, JP_SQL_QUERY_STAT_PUT,
		    JP_ARGS(JP_TEXT("x"), JP_INT(1), JP_INT(1), JP_INT(1), JP_LIST("[]")));
	if (what == EXEC_WITH_ROWS)
		jp_db_exec(db, JP_SQL_RUN_BEGIN, JP_ARGS(JP_TEXT("p"), JP_TEXT("w"), JP_INT(1)));
}

static void
misuse_locks(jp_db *db, enum misuse what)
{
	if (what == LOCK_ALONE)
		jp_db_lock(db, "a");
	jp_db_begin(db, what == LOCK_IN_READ ? JP_TX_READ : JP_TX_WRITE);
	if (what == LOCK_ORDER)
		jp_db_lock(db, "b");
	if (what == LOCK_UPGRADE)
		jp_db_lock_shared(db, "a");
	jp_db_lock(db, "a");
	jp_db_lock_shared(db, "a"); /* more than that, it has already */
	jp_db_lock(db, "b");
	jp_db_lock(db, "c");
	jp_db_lock(db, "d");
	jp_db_lock(db, "e");
}

struct misuse_case {
	tmpdb *t;
	enum misuse what;
};

static void
misuse(gpointer data)
{
	const struct misuse_case *c = data;
	enum misuse what = c->what;
	jp_db *db = tmpdb_reopen(c->t, what == READ_ONLY ? JP_DB_READ : JP_DB_OPEN);

	if (what == READ_ONLY)
		jp_db_begin(db, JP_TX_WRITE);
	else if (what >= LOCK_ALONE && what <= LOCK_TOO_MANY)
		misuse_locks(db, what);
	else if (what <= ROLLBACK_ALONE || what == CHECK_IN_TX)
		misuse_tx(db, what);
	else if (what >= TOO_FEW && what <= EXEC_WITH_ROWS)
		misuse_args(db, what);
	else
		misuse_rows(db, what);
}

static void
test_misuse(gconstpointer data)
{
	struct misuse_case c = {.what = (enum misuse)GPOINTER_TO_INT(data)};
	tmpdb t;

	tmpdb_open(&t);
	g_clear_pointer(&t.db, jp_db_close);
	c.t = &t;
	assert_dies(misuse, &c, JP_ERROR_BUG, misuses[c.what].said);
	tmpdb_close(&t);
}

int
main(int argc, char **argv)
{
	jp_init("db-db");
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/db/open/missing", test_open_missing);
	g_test_add_func("/db/open/missing-folder", test_open_missing_folder);
	g_test_add_func("/db/open/folder", test_open_folder);
	g_test_add_func("/db/open/not-a-database", test_open_not_a_database);
	g_test_add_func("/db/open/foreign", test_open_foreign);
	g_test_add_func("/db/open/empty", test_open_empty);
	g_test_add_func("/db/open/no-tables", test_open_no_tables);
	g_test_add_func("/db/open/Q02-newer", test_open_newer);
	g_test_add_func("/db/open/postgres", test_open_postgres);
	g_test_add_func("/db/open/not-permitted", test_open_not_permitted);
	g_test_add_func("/db/open/L08-mode", test_open_mode);
	g_test_add_func("/db/open/Q01-Q04-settings", test_open_settings);
	g_test_add_func("/db/tx/commit-and-rollback", test_tx_commit_and_rollback);
	g_test_add_func("/db/tx/snapshot", test_tx_snapshot);
	g_test_add_func("/db/rows/values", test_rows_values);
	g_test_add_func("/db/rows/nested", test_rows_nested);
	for (int i = 0; i < N_MISUSES; i++) {
		g_autofree char *path = g_strdup_printf("/db/misuse/%s", misuses[i].name);

		g_test_add_data_func(path, GINT_TO_POINTER(i), test_misuse);
	}
	return g_test_run();
}
