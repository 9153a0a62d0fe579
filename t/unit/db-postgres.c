/*
 * The PostgreSQL driver against a server: values of every type, rows read while other statements
 * run, what errors mean, sessions that end at any moment, and what a pooler would notice.
 */
#include "tmpdb.h"

#ifdef JP_NO_POSTGRES

int
main(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	puts("1..0 # skipped: this build has no PostgreSQL");
	return 0;
}

#else

#include <malloc.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "db/internal.h"
#include "db/postgres.h"
#include "rawdb.h"

typedef struct fixture {
	tmpdb t;
	rawdb *raw;
	jp_conn *c;
	gboolean prepare; /* what the run's configuration says */
} fixture;

static const jp_driver *const driver = &jp_driver_postgres;

static void
set_up(fixture *f, gconstpointer data)
{
	(void)data;
	tmpdb_init(&f->t);
	f->prepare = f->t.conf->db.prepare;
	f->t.conf->db.prepare = FALSE; /* texts are known by their places, and ours share some */
	f->c = tmpdb_make(&f->t)->conn;
	f->raw = raw_open(&f->t);
}

static void
tear_down(fixture *f, gconstpointer data)
{
	(void)data;
	raw_close(f->raw);
	tmpdb_close(&f->t);
}

static gboolean
is_pooled(void)
{
	return !g_str_equal(pg_admin(), pg_direct());
}

/* ---- statements of our own ------------------------------------------------------------------- */

/* A statement as sqlgen would make it; the caller's for as long as its jp_stmt. */
typedef struct own {
	jp_statement s;
	jp_field args[8], cols[8];
	const char *text;
} own;

/* types: a letter for each argument, a blank, a letter for each column: i r t b l, upper case for
 * writing statements' first. */
static void
make(own *o, const char *text, const char *types)
{
	jp_field *field = o->args;
	guint *n = &o->s.n_args;

	*o = (own){.text = text};
	o->s.name = "own";
	for (; *types; types++) {
		static const char letters[] = "irtbl";
		static const jp_type kinds[] = {
		    JP_TYPE_INT, JP_TYPE_REAL, JP_TYPE_TEXT, JP_TYPE_BLOB, JP_TYPE_LIST};

		if (*types == ' ') {
			field = o->cols;
			n = &o->s.n_cols;
			continue;
		}
		field[(*n)++] = (jp_field){"x", kinds[strchr(letters, *types) - letters], TRUE};
	}
	o->s.args = o->args;
	o->s.cols = o->cols;
	o->s.variants[JP_ENGINE_POSTGRES].texts = &o->text;
}

static jp_stmt *
run(fixture *f, own *o, const jp_arg *args, gsize n_args)
{
	g_autoptr(GError) error = NULL;
	jp_stmt *st = driver->prepare(f->c, &o->s, 0, &error);

	g_assert_no_error(error);
	g_assert_true(driver->bind(st, args, n_args, &error));
	g_assert_no_error(error);
	return st;
}

static void
assert_row(jp_stmt *st)
{
	g_autoptr(GError) error = NULL;
	jp_step step = driver->step(st, &error);

	g_assert_no_error(error);
	g_assert_cmpint(step, ==, JP_STEP_ROW);
}

static void
assert_end(jp_stmt *st)
{
	g_autoptr(GError) error = NULL;
	jp_step step = driver->step(st, &error);

	g_assert_no_error(error);
	g_assert_cmpint(step, ==, JP_STEP_END);
}

/* The statement must fail, with a message that has the part and not the secret. */
static void
assert_fails(fixture *f, const char *text, int code, const char *part)
{
	g_autoptr(GError) error = NULL;
	own o;
	jp_stmt *st;
	jp_step step;

	make(&o, text, " t");
	st = run(f, &o, JP_NO_ARGS);
	while ((step = driver->step(st, &error)) == JP_STEP_ROW)
		;
	driver->reset(st);
	driver->finalize(st);
	g_assert_cmpint(step, ==, JP_STEP_ERROR);
	if (error->code != code || !strstr(error->message, part) ||
	    strstr(error->message, "secret"))
		g_error("%s: said \"%s\" (%d), not \"%s\" (%d)", text, error->message, error->code,
		    part, code);
}

static gint64
ask(fixture *f, const char *text)
{
	own o;
	jp_stmt *st;
	gint64 v;

	make(&o, text, " i");
	st = run(f, &o, JP_NO_ARGS);
	assert_row(st);
	v = driver->col_int(st, 0);
	assert_end(st);
	driver->finalize(st);
	return v;
}

static void
begin(fixture *f, jp_tx kind)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(driver->begin(f->c, kind, &error));
	g_assert_no_error(error);
}

static void
rollback(fixture *f)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(driver->rollback(f->c, &error));
	g_assert_no_error(error);
}

/* Ends the session's process in the server, as an operator or a restart does. */
static void
cut(fixture *f)
{
	g_autofree char *sql = NULL;
	gint64 n;

	sql = g_strdup("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
		       " WHERE datname = current_database() AND pid <> pg_backend_pid()");
	n = raw_int(f->raw, sql);
	g_assert_cmpint(n, >=, 1);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void
test_values(fixture *f, gconstpointer data)
{
	static const guint8 bytes[] = {0, 255, 10, 0};
	own o;
	jp_stmt *st;
	gsize len;

	(void)data;
	make(&o, "SELECT $1, $2, $3, $4, $5, $1 + 1, $4 IS NULL, CAST(NULL AS text)",
	    "irtbl irtblii");
	o.cols[7] = (jp_field){"x", JP_TYPE_TEXT, TRUE};
	o.s.n_cols = 8;
	st = run(f, &o,
	    JP_ARGS(JP_INT(G_MININT64), JP_REAL(-1.5e300), JP_TEXT("it's \"\xc3\xbc\" \\ $1"),
		JP_BLOB(bytes, sizeof(bytes)), JP_LIST("[\"a\"]")));
	assert_row(st);
	g_assert_cmpint(driver->col_type(st, 0), ==, JP_TYPE_INT);
	g_assert_true(driver->col_int(st, 0) == G_MININT64);
	g_assert_cmpint(driver->col_type(st, 1), ==, JP_TYPE_REAL);
	g_assert_cmpfloat(driver->col_real(st, 1), ==, -1.5e300);
	g_assert_cmpstr(driver->col_text(st, 2), ==, "it's \"\xc3\xbc\" \\ $1");
	g_assert_cmpint(driver->col_type(st, 3), ==, JP_TYPE_BLOB);
	g_assert_cmpmem(driver->col_blob(st, 3, &len), len, bytes, sizeof(bytes));
	g_assert_cmpint(driver->col_type(st, 4), ==, JP_TYPE_TEXT);
	g_assert_cmpstr(driver->col_text(st, 4), ==, "[\"a\"]");
	g_assert_true(driver->col_int(st, 5) == G_MININT64 + 1);
	g_assert_cmpint(driver->col_type(st, 6), ==, JP_TYPE_INT); /* a truth */
	g_assert_cmpint(driver->col_int(st, 6), ==, 0);
	g_assert_cmpint(driver->col_type(st, 7), ==, JP_TYPE_NULL);
	assert_end(st);
	driver->finalize(st);
}

/* Empty is not null, and null has a type. */
static void
test_empty(fixture *f, gconstpointer data)
{
	own o;
	jp_stmt *st;
	gsize len = 1;

	(void)data;
	make(&o, "SELECT $1, $2, $3, $4", "tbib tbib");
	st = run(f, &o, JP_ARGS(JP_TEXT(""), JP_BLOB(NULL, 0), JP_NULL, JP_NULL));
	assert_row(st);
	g_assert_cmpstr(driver->col_text(st, 0), ==, "");
	g_assert_cmpint(driver->col_type(st, 1), ==, JP_TYPE_BLOB);
	g_assert_nonnull(driver->col_blob(st, 1, &len));
	g_assert_cmpuint(len, ==, 0);
	g_assert_cmpint(driver->col_type(st, 2), ==, JP_TYPE_NULL);
	g_assert_cmpint(driver->col_type(st, 3), ==, JP_TYPE_NULL);
	assert_end(st);
	driver->finalize(st);
}

/* sum() and avg() of whole numbers are numeric there. */
static void
test_numeric(fixture *f, gconstpointer data)
{
	static const struct {
		const char *text;
		gint64 v;
	} whole[] = {{"0", 0}, {"7", 7}, {"-1", -1}, {"10000", 10000}, {"99990000", 99990000},
	    {"9223372036854775807", G_MAXINT64}, {"-9223372036854775807", -G_MAXINT64},
	    {"120000000000", 120000000000}};
	static const struct {
		const char *text;
		double v;
	} real[] = {{"0", 0}, {"2.5", 2.5}, {"-0.00012", -0.00012}, {"3", 3},
	    {"123456789.25", 123456789.25}, {"0.1", 0.1}, {"10000.1", 10000.1},
	    {"99999999.9999", 99999999.9999}, {"33.3333333333333333", 33.3333333333333333},
	    {"-1e30", -1e30}, {"1e-30", 1e-30}};
	own o;
	jp_stmt *st;

	(void)data;
	for (guint i = 0; i < G_N_ELEMENTS(whole); i++) {
		g_autofree char *sql =
		    g_strdup_printf("SELECT CAST('%s' AS numeric)", whole[i].text);

		make(&o, sql, " i");
		st = run(f, &o, JP_NO_ARGS);
		assert_row(st);
		g_assert_cmpint(driver->col_type(st, 0), ==, JP_TYPE_INT);
		g_assert_true(driver->col_int(st, 0) == whole[i].v);
		driver->finalize(st);
	}
	for (guint i = 0; i < G_N_ELEMENTS(real); i++) {
		g_autofree char *sql =
		    g_strdup_printf("SELECT CAST('%s' AS numeric)", real[i].text);

		make(&o, sql, " r");
		st = run(f, &o, JP_NO_ARGS);
		assert_row(st);
		g_assert_cmpint(driver->col_type(st, 0), ==, JP_TYPE_REAL);
		g_assert_true(driver->col_real(st, 0) == real[i].v); /* to the last bit */
		driver->finalize(st);
	}
	make(&o, "SELECT CAST('9223372036854775808' AS numeric)", " i");
	st = run(f, &o, JP_NO_ARGS);
	assert_row(st);
	g_assert_cmpint(driver->col_type(st, 0), ==, JP_TYPE_REAL); /* not to be taken for an int */
	driver->finalize(st);
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Rows go by one at a time: a hundred times more of them need no more memory. */
static void
test_streaming(fixture *f, gconstpointer data)
{
	own o;
	jp_stmt *st;
	gsize before, most = 0;

	(void)data;
	make(&o, "SELECT repeat('x', 1000) FROM generate_series(1, $1)", "i t");
	st = run(f, &o, JP_ARGS(JP_INT(50000)));
	assert_row(st);
	before = mallinfo2().uordblks;
	for (guint i = 1; i < 50000; i++) {
		assert_row(st);
		if (i % 1000 == 0)
			most = MAX(most, mallinfo2().uordblks);
	}
	assert_end(st);
	driver->finalize(st);
	g_assert_cmpuint(most, <, before + 1024 * 1024);
}

/* Another statement in the middle: the row that the caller is on stays, the rest follows. */
static void
test_nested(fixture *f, gconstpointer data)
{
	own outer, inner;
	jp_stmt *a, *b;
	const char *text;

	(void)data;
	make(&outer, "SELECT 'row ' || g, CASE WHEN g <> 3 THEN g END FROM generate_series(1, 5) g",
	    " ti");
	make(&inner, "SELECT g FROM generate_series(1, $1) g", "i i");
	a = run(f, &outer, JP_NO_ARGS);
	for (gint64 i = 1; i <= 5; i++) {
		g_autofree char *want = g_strdup_printf("row %d", (int)i);

		assert_row(a);
		text = driver->col_text(a, 0);
		b = run(f, &inner, JP_ARGS(JP_INT(i)));
		for (gint64 k = 1; k <= i; k++) {
			assert_row(b);
			g_assert_cmpint(driver->col_int(b, 0), ==, k);
		}
		driver->finalize(b); /* before its end */
		g_assert_cmpstr(text, ==, want);
		g_assert_true(driver->col_text(a, 0) == text);
		g_assert_cmpint(driver->col_type(a, 1), ==, i == 3 ? JP_TYPE_NULL : JP_TYPE_INT);
	}
	assert_end(a);
	assert_end(a);
	driver->finalize(a);
}

/* An error among the rows that were read ahead is told where it stands. */
static void
test_nested_error(fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	own outer;
	jp_stmt *a;

	(void)data;
	make(&outer, "SELECT 12 / (4 - g) FROM generate_series(1, 9) g", " i");
	a = run(f, &outer, JP_NO_ARGS);
	assert_row(a);
	g_assert_cmpint(ask(f, "SELECT 8"), ==, 8);
	g_assert_cmpint(driver->col_int(a, 0), ==, 4);
	assert_row(a);
	assert_row(a);
	g_assert_cmpint(driver->col_int(a, 0), ==, 12);
	g_assert_cmpint(driver->step(a, &error), ==, JP_STEP_ERROR);
	g_assert_error(error, JP_ERROR, JP_ERROR_BUG);
	driver->reset(a);
	driver->finalize(a);
	g_assert_cmpint(ask(f, "SELECT 9"), ==, 9);
}

static void
test_changes(fixture *f, gconstpointer data)
{
	jp_db *db = f->t.db;

	(void)data;
	jp_db_begin(db, JP_TX_WRITE);
	for (guint i = 0; i < 200; i++) /* more than are put off at a time */
		jp_db_do(db, JP_SQL_QUERY_STAT_PUT,
		    JP_ARGS(JP_TEXT(i % 2 ? "a" : "b"), JP_INT(i), JP_INT(0), JP_INT(0),
			JP_LIST("[]")));
	g_assert_cmpint(jp_db_exec(db, JP_SQL_QUERY_STAT_PUT,
			    JP_ARGS(JP_TEXT("a"), JP_INT(7), JP_INT(0), JP_INT(0), JP_LIST("[]"))),
	    ==, 1);
	raw_assert_int(f->raw, "SELECT count(*) FROM query_stat", 0);
	jp_db_commit(db);
	raw_assert_int(f->raw, "SELECT n FROM query_stat WHERE name = 'a'", 7);
	raw_assert_int(f->raw, "SELECT n FROM query_stat WHERE name = 'b'", 198);
}

/* ---- errors ---------------------------------------------------------------------------------- */

static void
test_errors(fixture *f, gconstpointer data)
{
	static const struct {
		const char *sql;
		int code;
		const char *part;
	} cases[] = {
	    {"SELECT secret FROM board", JP_ERROR_BUG, "does not exist"}, /* but names are shown */
	    {"SELECT CAST('secret' AS int)", JP_ERROR_BUG, "22P02"},
	    {"SELECT 1 / 0", JP_ERROR_BUG, "22012"},
	    {"INSERT INTO query_stat SELECT 'secret', 1, 1, 1, '' FROM generate_series(1, 2)",
		JP_ERROR_TEMP, "added the same; nothing was done, try again: duplicate"},
	    {"INSERT INTO visit (board_id, at, status, complete, bytes, ms, n_postings, n_bad, "
	     "n_new,"
	     " n_changed, n_closed) VALUES (99, 1, 'secret', 1, 1, 1, 1, 1, 1, 1, 1)",
		JP_ERROR_TEMP, "visit_board_id_fkey"},
	    {"INSERT INTO query_stat VALUES (NULL, 1, 1, 1, 'secret')", JP_ERROR_BUG, "null value"},
	    {"DO $$ BEGIN RAISE EXCEPTION 'query_wait' USING ERRCODE = '08P01'; END $$",
		JP_ERROR_TEMP, "was lost; try again: query_wait (08P01)"},
	    {"SELECT pg_read_file('/etc/secret')", JP_ERROR_PERM, "permission denied"},
	    {"DO $$ BEGIN RAISE EXCEPTION 'secret' USING ERRCODE = '40001'; END $$", JP_ERROR_TEMP,
		"changed the same rows"},
	    {"DO $$ BEGIN RAISE EXCEPTION 'secret' USING ERRCODE = '40P01'; END $$", JP_ERROR_TEMP,
		"waited for each other"},
	    {"DO $$ BEGIN RAISE EXCEPTION 'secret' USING ERRCODE = '53100'; END $$", JP_ERROR_TEMP,
		"disk is full"},
	    {"DO $$ BEGIN RAISE EXCEPTION 'secret' USING ERRCODE = '26000'; END $$",
		JP_ERROR_CONFIG, "db.prepare: false"},
	    {"DO $$ BEGIN RAISE EXCEPTION 'secret' USING ERRCODE = 'XX001'; END $$", JP_ERROR_BUG,
		"damaged"},
	    {"DO $$ BEGIN RAISE EXCEPTION 'secret' USING ERRCODE = 'ZZ123'; END $$", JP_ERROR_BUG,
		"ZZ123"},
	};

	(void)data;
	for (guint i = 1; i < G_N_ELEMENTS(cases); i++)
		assert_fails(f, cases[i].sql, cases[i].code, cases[i].part);
	g_assert_cmpint(ask(f, "SELECT 1"), ==, 1); /* and the session is well */
}

/* An error in what was put off comes with the next answer, and names its statement. */
static void
test_put_off_error(fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	own bad;
	jp_stmt *st;

	(void)data;
	begin(f, JP_TX_WRITE);
	make(&bad,
	    "INSERT INTO query_stat VALUES (CAST($1 AS text), 1 / (CAST($2 AS bigint) - 1), 1, 1, "
	    "'')",
	    "ti");
	bad.s.name = "earlier";
	st = run(f, &bad, JP_ARGS(JP_TEXT("secret"), JP_INT(1)));
	g_assert_true(driver->put_off(st, &error));
	driver->reset(st);
	driver->finalize(st);
	g_assert_false(driver->commit(f->c, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_BUG);
	g_assert_nonnull(strstr(error->message, "earlier: "));
	g_assert_null(strstr(error->message, "secret"));
	rollback(f);
	raw_assert_int(f->raw, "SELECT count(*) FROM query_stat", 0);
}

static void
write_wrongly(gpointer data)
{
	fixture *f = data;
	jp_db *db = tmpdb_reopen(&f->t, JP_DB_OPEN);

	jp_db_begin(db, JP_TX_WRITE);
	jp_db_do(db, JP_SQL_VISIT_INSERT,
	    JP_ARGS(JP_INT(99), JP_INT(1), JP_TEXT("ok"), JP_NULL, JP_INT(1), JP_NULL, JP_INT(1),
		JP_INT(1), JP_INT(1), JP_INT(1), JP_INT(1), JP_INT(1), JP_INT(1)));
	jp_db_commit(db);
}

static void
test_put_off_dies(fixture *f, gconstpointer data)
{
	(void)data;
	g_clear_pointer(&f->t.db, jp_db_close);
	assert_dies(write_wrongly, f, JP_ERROR_TEMP, "visit_insert: ");
}

/* A statement that takes too long, and one that waits for another's rows for too long. */
static void
test_timeouts(fixture *f, gconstpointer data)
{
	(void)data;
	f->t.conf->db.statement_timeout = 3000; /* the others are quick, even on a busy machine */
	f->t.conf->db.busy_timeout = 100;
	f->c = tmpdb_reopen(&f->t, JP_DB_OPEN)->conn;
	assert_fails(
	    f, "SELECT CAST(pg_sleep(60) AS text)", JP_ERROR_TEMP, "longer than its timeout");
	raw_do(f->raw, "BEGIN; LOCK TABLE query_stat");
	begin(f, JP_TX_WRITE);
	assert_fails(f, "DELETE FROM query_stat", JP_ERROR_TEMP, "keeps the database locked");
	rollback(f);
	raw_do(f->raw, "ROLLBACK");
	g_assert_cmpint(ask(f, "SELECT 1"), ==, 1);
}

static void
assert_kept_out(jp_conn *c, const char *what, gboolean shared)
{
	g_autoptr(GError) error = NULL;

	g_assert_true(driver->begin(c, JP_TX_WRITE, &error));
	g_assert_true(driver->lock(c, what, shared, &error)); /* sent with what comes next */
	g_assert_false(driver->commit(c, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_TEMP);
	g_clear_error(&error);
	g_assert_true(driver->rollback(c, &error));
}

/* A lock keeps a second one out until the first ends, unless both share it. */
static void
test_lock(fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	jp_db *other;

	(void)data;
	f->t.conf->db.busy_timeout = 50;
	other = jp_db_open(f->t.conf, JP_DB_OPEN, &error);
	g_assert_no_error(error);
	begin(f, JP_TX_WRITE);
	g_assert_true(driver->lock(f->c, "v", TRUE, &error));
	g_assert_true(driver->lock(f->c, "x", FALSE, &error));
	g_assert_cmpint(ask(f, "SELECT 1"), ==, 1);
	g_assert_true(driver->begin(other->conn, JP_TX_WRITE, &error));
	g_assert_true(driver->lock(other->conn, "v", TRUE, &error));  /* shared */
	g_assert_true(driver->lock(other->conn, "y", FALSE, &error)); /* another one */
	g_assert_true(driver->commit(other->conn, &error));
	assert_kept_out(other->conn, "x", FALSE);
	assert_kept_out(other->conn, "x", TRUE);
	assert_kept_out(other->conn, "v", FALSE);
	rollback(f);
	g_assert_true(driver->begin(other->conn, JP_TX_WRITE, &error));
	g_assert_true(driver->lock(other->conn, "x", FALSE, &error));
	g_assert_true(driver->commit(other->conn, &error));
	g_assert_no_error(error);
	jp_db_close(other);
}

/* ---- sessions -------------------------------------------------------------------------------- */

/* Outside a transaction a read is asked again; a transaction begins in a new session. */
static void
test_cut_idle(fixture *f, gconstpointer data)
{
	(void)data;
	g_assert_cmpint(ask(f, "SELECT 1"), ==, 1);
	cut(f);
	g_assert_cmpint(ask(f, "SELECT 2"), ==, 2);
	cut(f);
	f->c->used_at = 1; /* long ago */
	begin(f, JP_TX_WRITE);
	g_assert_cmpint(ask(f, "SELECT 3"), ==, 3);
	rollback(f);
}

/* Inside one everything is over, and nothing of it was done. */
static void
test_cut_inside(fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	begin(f, JP_TX_WRITE);
	g_assert_cmpint(ask(f,
			    "WITH x AS (INSERT INTO query_stat VALUES ('x', 1, 1, 1, '')"
			    " RETURNING n) SELECT n FROM x"),
	    ==, 1);
	cut(f);
	assert_fails(f, "SELECT 'a'", JP_ERROR_TEMP, "");
	assert_fails(f, "SELECT 'a'", JP_ERROR_TEMP, "lost"); /* no new session under our feet */
	g_assert_false(driver->commit(f->c, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_TEMP);
	rollback(f);
	raw_assert_int(f->raw, "SELECT count(*) FROM query_stat", 0);
	g_assert_cmpint(ask(f, "SELECT 4"), ==, 4);
}

/* Whatever is being read when the session ends, the reading ends with an error, not with the rows.
 */
static void
test_cut_reading(fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	own o;
	jp_stmt *st;
	jp_step step;
	guint n = 0;

	(void)data;
	make(&o, "SELECT repeat('x', 10000) FROM generate_series(1, 20000)", " t");
	st = run(f, &o, JP_NO_ARGS);
	assert_row(st);
	cut(f);
	while ((step = driver->step(st, &error)) == JP_STEP_ROW)
		n++;
	g_assert_cmpint(step, ==, JP_STEP_ERROR);
	g_assert_error(error, JP_ERROR, JP_ERROR_TEMP);
	g_assert_cmpuint(n, <, 19999);
	driver->reset(st);
	driver->finalize(st);
	g_assert_cmpint(ask(f, "SELECT 5"), ==, 5);
}

static void
test_idle_timeout(fixture *f, gconstpointer data)
{
	PGconn *before = f->c->pg;

	(void)data;
	f->t.conf->db.idle_timeout = JP_HOUR;
	g_assert_cmpint(ask(f, "SELECT 1"), ==, 1);
	g_assert_true(f->c->pg == before);
	f->t.conf->db.idle_timeout = 1;
	f->c->used_at -= 2000;
	f->c->clock_at = 1; /* of the session before */
	g_assert_cmpint(ask(f, "SELECT 1"), ==, 1);
	g_assert_cmpint(f->c->clock_at, ==, 0);
}

/* Nothing that a transaction sets is left in the session, which a pooler gives to others. */
static void
test_nothing_left(fixture *f, gconstpointer data)
{
	static const char sql[] =
	    "SELECT CAST(count(*) AS bigint) FROM pg_settings WHERE source = 'session'";
	g_autoptr(GError) error = NULL;
	gint64 before;

	(void)data;
	before = ask(f, sql) - 1; /* the reading statement's own timeout */
	for (jp_tx kind = JP_TX_READ; kind <= JP_TX_DURABLE; kind++) {
		begin(f, kind);
		g_assert_cmpint(ask(f, sql), >, before);
		g_assert_true(driver->commit(f->c, &error));
	}
	g_assert_cmpint(ask(f, sql) - 1, ==, before);
	g_assert_cmpint(ask(f,
			    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
			    " AND pid = pg_backend_pid()"),
	    ==, 0);
}

/* What must last waits for the disk, the rest does not. */
static void
test_durable(fixture *f, gconstpointer data)
{
	static const char sql[] =
	    "SELECT CAST(current_setting('synchronous_commit') <> 'off' AS int)";

	(void)data;
	begin(f, JP_TX_WRITE);
	g_assert_cmpint(ask(f, sql), ==, 0);
	rollback(f);
	begin(f, JP_TX_DURABLE);
	g_assert_cmpint(ask(f, sql), ==, 1);
	rollback(f);
}

/* Statements are named from their second run on; behind a pooler, or where that is off, never. */
static void
test_prepared(fixture *f, gconstpointer data)
{
	static const char count[] =
	    "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'jp\\_%'";
	gboolean may = !is_pooled() && f->prepare;
	own o;
	jp_stmt *st;
	gint64 before;

	(void)data;
	f->t.conf->db.prepare = TRUE; /* a pooler is noticed */
	f->c = tmpdb_reopen(&f->t, JP_DB_OPEN)->conn;
	g_assert_cmpint(f->c->may_prepare, ==, may);
	make(&o, "SELECT $1", "i i");
	st = run(f, &o, JP_ARGS(JP_INT(1)));
	before = g_hash_table_size(f->c->prepared);
	for (gint64 i = 1; i <= 3; i++) {
		g_autoptr(GError) error = NULL;

		assert_row(st);
		driver->reset(st);
		g_assert_cmpint(g_hash_table_size(f->c->prepared) - before, >=, may && i > 1);
		g_assert_true(driver->bind(st, JP_ARGS(JP_INT(i)), &error));
	}
	driver->finalize(st);
	if (may)
		g_assert_cmpint(ask(f, count), >=, 1);
	f->t.conf->db.prepare = FALSE;
	f->c = tmpdb_reopen(&f->t, JP_DB_OPEN)->conn;
	for (guint i = 0; i < 3; i++)
		if (!is_pooled())
			g_assert_cmpint(ask(f, count), ==, 0);
	g_assert_false(f->c->may_prepare);
}

static void
test_now(fixture *f, gconstpointer data)
{
	gint64 before = jp_now(), now = driver->now(f->c, FALSE), again;

	(void)data;
	g_assert_cmpint(now, >=, before - 1000);
	g_assert_cmpint(now, <=, jp_now() + 1000);
	again = driver->now(f->c, FALSE);
	g_assert_cmpint(again, >=, now);
	f->c->clock_at = 0;
	begin(f, JP_TX_READ);
	g_assert_cmpint(driver->now(f->c, FALSE), >=, now);
	rollback(f);
	g_setenv("JP_CLOCK", "2026-10-01T00:00:00Z", TRUE);
	g_assert_cmpint(
	    driver->now(f->c, FALSE), <=, jp_now()); /* base's, which reads it at its start */
	g_unsetenv("JP_CLOCK");
}

/* ---- opening --------------------------------------------------------------------------------- */

static void
assert_opens_not(fixture *f, const char *url, int code, const char *part)
{
	g_autoptr(GError) error = NULL;

	g_free(f->t.conf->database);
	f->t.conf->database = g_strdup(url);
	g_assert_null(jp_db_open(f->t.conf, JP_DB_OPEN, &error));
	if (error->code != code || !strstr(error->message, part) ||
	    strstr(error->message, "secret"))
		g_error(
		    "said \"%s\" (%d), not \"%s\" (%d)", error->message, error->code, part, code);
}

static void
test_open(fixture *f, gconstpointer data)
{
	g_autofree char *missing = pg_url(pg_direct(), "jp_no_such_database");
	g_autofree char *empty_name = g_strconcat(f->t.server, "_empty", NULL);
	g_autofree char *empty = pg_url(pg_direct(), empty_name);
	PGconn *pg;

	(void)data;
	assert_opens_not(f, missing, JP_ERROR_UNAVAILABLE, "createdb");
	assert_opens_not(f, "postgresql://u:se/cret@h/d", JP_ERROR_CONFIG, "libpq can read");
	assert_opens_not(f, "postgresql://u:p@secret@h/d", JP_ERROR_CONFIG, "libpq can read");
	assert_opens_not(f, "postgresql://u@h/d?secret=1", JP_ERROR_CONFIG, "libpq can read");
	pg_admin_do("CREATE DATABASE", empty_name);
	assert_opens_not(f, empty, JP_ERROR_UNAVAILABLE, "run jp-db init");
	pg = pg_open(empty);
	g_free(pg_ask(pg, "CREATE TABLE recipe (id int)"));
	PQfinish(pg);
	assert_opens_not(f, empty, JP_ERROR_DATA, "of another program");
	pg_drop(empty_name);
}

/* A server that takes connections and says nothing. */
static void
test_open_silent(fixture *f, gconstpointer data)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	g_autofree char *path = g_build_filename(f->t.dir, ".s.PGSQL.5432", NULL);
	g_autofree char *url = g_strdup_printf("postgresql://u:secret@/d?host=%s", f->t.dir);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)data;
	g_strlcpy(a.sun_path, path, sizeof(a.sun_path));
	g_assert_cmpint(bind(fd, (struct sockaddr *)&a, sizeof(a)), ==, 0);
	g_assert_cmpint(listen(fd, 8), ==, 0);
	f->t.conf->db.connect_timeout = 1000;
	assert_opens_not(f, url, JP_ERROR_TEMP, "does not answer");
	close(fd);
	assert_opens_not(f, url, JP_ERROR_TEMP, ".s.PGSQL.5432"); /* and one that is away */
}

static void
test_open_too_many(fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	f->t.conf->db.max_connections = 1;
	g_assert_null(jp_db_open(f->t.conf, JP_DB_OPEN, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_CONFIG);
	g_assert_nonnull(strstr(error->message, "db.max_connections"));
	tmpdb_reopen(&f->t, JP_DB_OPEN); /* the same one again */
}

static void
wait_for_ever(gpointer data)
{
	fixture *f = data;
	own o;
	jp_stmt *st;

	f->c = tmpdb_reopen(&f->t, JP_DB_OPEN)->conn;
	make(&o, "SELECT CAST(pg_sleep(600) AS text)", " t");
	st = run(f, &o, JP_NO_ARGS);
	raise(SIGTERM);
	g_assert_cmpint(driver->step(st, NULL), ==, JP_STEP_ERROR);
	_exit(3);
}

/* A program that is told to stop does not wait for the server longer than some seconds. */
static void
test_stopped(fixture *f, gconstpointer data)
{
	g_autofree char *said = NULL;
	gint64 start = jp_monotonic_us();
	int status;

	(void)data;
	g_clear_pointer(&f->t.db, jp_db_close);
	status = run_in_child(wait_for_ever, f, &said);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 3);
	g_assert_cmpint(jp_monotonic_us() - start, <, 30 * G_USEC_PER_SEC);
	g_assert_cmpstr(said, ==, "");
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*test)(fixture *f, gconstpointer data);
	} cases[] = {
	    {"/postgres/values/types", test_values},
	    {"/postgres/values/empty", test_empty},
	    {"/postgres/values/numeric", test_numeric},
	    {"/postgres/rows/streaming", test_streaming},
	    {"/postgres/rows/nested", test_nested},
	    {"/postgres/rows/nested-error", test_nested_error},
	    {"/postgres/rows/changes", test_changes},
	    {"/postgres/errors/meanings", test_errors},
	    {"/postgres/errors/put-off", test_put_off_error},
	    {"/postgres/errors/put-off-dies", test_put_off_dies},
	    {"/postgres/errors/timeouts", test_timeouts},
	    {"/postgres/lock", test_lock},
	    {"/postgres/cut/idle", test_cut_idle},
	    {"/postgres/cut/inside", test_cut_inside},
	    {"/postgres/cut/reading", test_cut_reading},
	    {"/postgres/session/idle-timeout", test_idle_timeout},
	    {"/postgres/session/nothing-left", test_nothing_left},
	    {"/postgres/session/durable", test_durable},
	    {"/postgres/session/prepared", test_prepared},
	    {"/postgres/now", test_now},
	    {"/postgres/open/errors", test_open},
	    {"/postgres/open/silent", test_open_silent},
	    {"/postgres/open/too-many", test_open_too_many},
	    {"/postgres/stopped", test_stopped},
	};

	jp_init("db-postgres");
	g_test_init(&argc, &argv, NULL);
	if (!pg_admin()) {
		puts("1..0 # skipped: no PostgreSQL server (JP_TEST_POSTGRES)");
		return 0;
	}
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++)
		g_test_add(cases[i].path, fixture, NULL, set_up, cases[i].test, tear_down);
	return g_test_run();
}

#endif
