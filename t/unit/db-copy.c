/*
 * copy.c: every table, every value, on each engine and between them; and whatever happens on the
 * way, the copy is finished by running it again, or nobody takes it for one.
 */
#include "db/copy.h"
#include "rawdb.h"

enum { N_ROWS = 7 };

typedef struct fixture {
	tmpdb a;    /* the source: a file or on the server */
	char *file; /* a SQLite database beside it */
	jp_config *file_conf;
} fixture;

/* ---- rows for any table ---------------------------------------------------------------------- */

static gboolean
is_reference(const char *column)
{
	return g_str_has_suffix(column, "_id") || g_str_equal(column, "id") ||
	    g_str_equal(column, "n") || g_str_equal(column, "posting") ||
	    g_str_equal(column, "board") || g_str_equal(column, "search") ||
	    g_str_equal(column, "parent");
}

/* A value of the column's type, another one in each row, odd ones among them. */
static char *
value(const tmpdb *t, const jp_field *f, guint i)
{
	static const char *const wholes[] = {"0", "-1", "9223372036854775807",
	    "-9223372036854775808", "4294967296", "7", "1700000000000"};
	static const char *const texts[] = {"", "it''s \"quoted\" \\ \\n", "Zürich 東京 \U0001F4BC",
	    "line\nand\ttab", " blanks ", "NULL", "[1, 2]"};
	static const char *const reals[] = {
	    "0.0", "-0.1", "1e300", "1e-300", "3.14", "2.5", "1e15"};

	switch (f->type) {
	case JP_TYPE_INT:
		return is_reference(f->name) ? g_strdup_printf("%u", i)
					     : g_strdup(wholes[i % G_N_ELEMENTS(wholes)]);
	case JP_TYPE_REAL:
		return g_strdup(reals[i % G_N_ELEMENTS(reals)]);
	case JP_TYPE_BLOB:
		return t->server ? g_strdup_printf("'\\x%02x00ff'::bytea", i)
				 : g_strdup_printf("x'%02x00ff'", i);
	case JP_TYPE_TEXT:
	case JP_TYPE_LIST:
	case JP_TYPE_NULL:
		break;
	}
	return g_strdup_printf("'%s %u'", texts[i % G_N_ELEMENTS(texts)], i);
}

static void
insert_row(rawdb *raw, const tmpdb *t, const jp_schema_table *s, guint i)
{
	g_autoptr(GString) sql = g_string_new(s->insert);

	for (guint c = 0; c < s->n_columns; c++) {
		g_autofree char *v = value(t, &s->columns[c], i);

		g_string_append_printf(sql, "%s%s", c ? ", " : "(", v);
	}
	g_string_append_c(sql, ')');
	raw_do(raw, sql->str);
}

/* Every table has rows, and gave ids that are gone again. */
static void
fill(fixture *f)
{
	rawdb *raw = raw_open(&f->a);
	jp_db *db = f->a.db;
	GError *error = NULL;

	for (const jp_schema_table *s = jp_schema_tables; s->name; s++)
		for (guint i = 1; i <= N_ROWS; i++)
			insert_row(raw, &f->a, s, i);
	jp_db_begin(db, JP_TX_WRITE);
	for (const jp_schema_table *s = jp_schema_tables; s->name; s++)
		if (s->has_ids && !g_str_equal(s->name, "run"))
			db->driver->put_last_id(db->conn, s->name, 100 + N_ROWS, &error);
	g_assert_no_error(error);
	jp_db_commit(db);
	raw_close(raw);
}

/* ---- a source, and copies of it -------------------------------------------------------------- */

static void
set_up(fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	(void)data;
	tmpdb_open(&f->a);
	f->a.db->has_no_timings = TRUE;
	f->file = g_build_filename(f->a.dir, "copy.db", NULL);
	text = g_strdup_printf("database: %s\n", f->file);
	jp_config_parse(&f->file_conf, text, strlen(text), "test", f->a.dir, &error);
	g_assert_no_error(error);
	fill(f);
	tmpdb_reopen(&f->a, JP_DB_READ);
}

static void
tear_down(fixture *f, gconstpointer data)
{
	(void)data;
	g_unsetenv("JP_TEST_DB_FAIL");
	tmpdb_close(&f->a);
	jp_config_free(f->file_conf);
	g_free(f->file);
}

/* The target is empty again; quicker than another database. */
static void
renew(tmpdb *b)
{
	static const char *const files[] = {"", "-wal", "-shm"};
	rawdb *raw;

	for (guint i = 0; !b->server && i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_strconcat(b->path, files[i], NULL);

		(void)g_unlink(path); /* not always there */
	}
	if (!b->server)
		return;
	raw = raw_open(b);
	raw_do(raw, "DROP SCHEMA public CASCADE");
	raw_do(raw, "CREATE SCHEMA public");
	raw_close(raw);
}

static jp_db *
open_db(const jp_config *conf, jp_db_mode mode)
{
	g_autoptr(GError) error = NULL;
	jp_db *db = jp_db_open(conf, mode, &error);

	g_assert_no_error(error);
	return db;
}

static void
note_digest(const char *table, gint64 n, const char *digest, gpointer data)
{
	g_string_append_printf(
	    data, "%s %" G_GINT64_FORMAT " %s\n", table, n, digest ? digest : "-");
}

/* Copies; gives the digests, or NULL with an error. */
static char *
copy(jp_db *from, jp_db *to, GError **error)
{
	g_autoptr(GString) digests = g_string_new(NULL);
	jp_copy c = {.from = from, .to = to, .done = note_digest, .data = digests};

	if (!jp_copy_run(&c, error))
		return NULL;
	return g_strdup(digests->str);
}

static char *
copy_to(jp_db *from, const jp_config *conf, GError **error)
{
	g_autoptr(jp_db) to = open_db(conf, JP_DB_CREATE);

	return copy(from, to, error);
}

static char *
must_copy_to(jp_db *from, const jp_config *conf)
{
	g_autoptr(GError) error = NULL;
	char *digests = copy_to(from, conf, &error);

	g_assert_no_error(error);
	g_assert_nonnull(digests);
	return digests;
}

/* ---- cases ----------------------------------------------------------------------------------- */

/* There and back again: the same, each time, and ids go on where they were. */
static void
test_there_and_back(fixture *f, gconstpointer data)
{
	g_autofree char *there = must_copy_to(f->a.db, f->file_conf);
	g_autofree char *back = NULL;
	g_autoptr(jp_db) file = open_db(f->file_conf, JP_DB_READ);
	rawdb *raw;
	tmpdb b;
	guint n = 0;

	(void)data;
	for (const jp_schema_table *s = jp_schema_tables; s->name; s++, n++) {
		g_autofree char *line = g_strdup_printf("%s %d ", s->name, N_ROWS);

		g_assert_nonnull(strstr(there, line));
	}
	g_assert_cmpuint(n, >=, 15);
	tmpdb_init(&b);
	back = must_copy_to(file, b.conf);
	g_assert_cmpstr(back, ==, there);
	b.db = open_db(b.conf, JP_DB_OPEN);
	b.db->has_no_timings = TRUE;
	raw = raw_open(&b);
	raw_do(raw, "DELETE FROM posting");
	raw_assert_int(raw, "SELECT count(*) FROM copying", 0);
	g_assert_cmpint(raw_board(raw, "greenhouse"), ==, 101 + N_ROWS);
	raw_close(raw);
	tmpdb_close(&b);
}

/* What the engine has and the build does not know would be lost. */
static void
test_every_table(fixture *f, gconstpointer data)
{
	g_autoptr(GString) known = g_string_new("'text_index', 'copying'");
	g_autofree char *sql = NULL, *forgotten = NULL;
	rawdb *raw = raw_open(&f->a);

	(void)data;
	for (const jp_schema_table *s = jp_schema_tables; s->name; s++)
		g_string_append_printf(known, ", '%s'", s->name);
	sql = g_strconcat(
	    tmpdb_either(&f->a,
		"SELECT name FROM pragma_table_list WHERE type = 'table' AND schema = 'main'"
		" AND substr(name, 1, 7) <> 'sqlite_' AND name NOT IN (",
		"SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
		" AND table_name NOT IN ('jp_schema', 'posting_text', "),
	    known->str, ")", NULL);
	forgotten = raw_text(raw, sql);
	g_assert_cmpstr(forgotten, ==, NULL);
	raw_close(raw);
}

/* Promise 8: whichever call fails, of either side, the target is no database until the copy was
 * run again, and then it is the same. */
static void
test_failing(fixture *f, gconstpointer data)
{
	g_autofree char *want = NULL;
	guint n_failed = 0, n_unfinished = 0;
	tmpdb b;

	tmpdb_init(&b);
	(void)data;
	want = must_copy_to(f->a.db, f->file_conf);
	for (guint n = 1; n < 100000; n += 1 + n / (g_getenv("JP_SOAK") ? 200 : 2)) {
		g_autofree char *got = NULL, *again = NULL;
		g_autoptr(GError) error = NULL, refused = NULL;
		g_autoptr(jp_db) after = NULL;
		jp_db *to;

		renew(&b);
		to = open_db(b.conf, JP_DB_CREATE);
		to->fail_at = n;
		got = copy(f->a.db, to, &error);
		jp_db_close(to);
		if (got)
			break;
		n_failed++;
		g_assert_error(error, JP_ERROR, JP_ERROR_TEMP);
		after = jp_db_open(b.conf, JP_DB_OPEN, &refused);
		if (after) { /* before the first row, or after the last */
			rawdb *raw = raw_open(&b);
			gint64 rows = raw_int(raw, "SELECT count(*) FROM match");

			g_assert_true(rows == 0 || rows == N_ROWS);
			raw_close(raw);
			after->has_no_timings = TRUE;
			g_clear_pointer(&after, jp_db_close);
		} else if (strstr(refused->message, "unfinished copy")) {
			n_unfinished++;
		}
		if (n_unfinished == 0 || refused) {
			again = must_copy_to(f->a.db, b.conf);
			g_assert_cmpstr(again, ==, want);
		}
	}
	tmpdb_close(&b);
	g_assert_cmpuint(n_failed, >, 10);
	g_assert_cmpuint(n_unfinished, >, 4);
}

static void
fail_copy_at(fixture *f, const jp_config *conf, guint n)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(jp_db) to = open_db(conf, JP_DB_CREATE);
	g_autofree char *got = NULL;

	to->fail_at = n;
	got = copy(f->a.db, to, &error);
	g_assert_null(got);
	g_assert_error(error, JP_ERROR, JP_ERROR_TEMP);
}

/* Between two runs the source goes on: rows come, change and go, before and behind the place. */
static void
test_source_moves(fixture *f, gconstpointer data)
{
	static const char *const moves[] = {
	    "UPDATE posting SET title = 'Another title' WHERE id = 2",
	    "DELETE FROM posting WHERE id = 3",
	    "DELETE FROM subscriber WHERE id = 5",
	    "UPDATE board SET token = 'renamed' WHERE id = 7",
	    "UPDATE board SET token = (SELECT token FROM board WHERE id = 7) || 'x' WHERE id = 1",
	    "INSERT INTO run (id, program, worker, started_at) VALUES (90, 'x', 'y', 1)",
	    "DELETE FROM run WHERE id = 1",
	};
	rawdb *raw = raw_open(&f->a);
	tmpdb b;

	(void)data;
	tmpdb_init(&b);
	if (raw->file)
		raw_do(raw, "PRAGMA foreign_keys=ON");
	for (guint i = 0; i < G_N_ELEMENTS(moves); i++) {
		g_autofree char *want = NULL, *got = NULL;

		renew(&b);
		fail_copy_at(f, b.conf, tmpdb_either(&f->a, "s", "p")[0] == 's' ? 600 : 120);
		raw_do(raw, moves[i]);
		got = must_copy_to(f->a.db, b.conf);
		want = must_copy_to(f->a.db, f->file_conf);
		g_assert_cmpstr(got, ==, want);
		g_assert_cmpint(g_unlink(f->file), ==, 0);
	}
	tmpdb_close(&b);
	raw_close(raw);
}

/* Somebody writes into the copy: told by table and id, and still no database. */
static gboolean
spoil(jp_db *to, gpointer data, GError **error)
{
	rawdb *raw = raw_open(data);

	(void)to;
	(void)error;
	raw_do(raw, "UPDATE posting SET department = 'x' WHERE id = 4");
	raw_close(raw);
	return TRUE;
}

static void
test_verified(fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL, refused = NULL;
	g_autofree char *again = NULL;
	tmpdb b;
	jp_copy c = {.from = f->a.db, .derive = spoil, .data = &b};

	(void)data;
	tmpdb_init(&b);
	c.to = open_db(b.conf, JP_DB_CREATE);
	g_assert_false(jp_copy_run(&c, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_BUG);
	g_assert_nonnull(strstr(error->message, "posting 4: is not the same"));
	g_clear_pointer(&c.to, jp_db_close);
	g_assert_null(jp_db_open(b.conf, JP_DB_OPEN, &refused));
	g_assert_error(refused, JP_ERROR, JP_ERROR_CONFIG);
	g_assert_nonnull(strstr(refused->message, "unfinished copy; run jp-db copy again"));
	again = must_copy_to(f->a.db, b.conf);
	tmpdb_close(&b);
}

static void
assert_refused(jp_db *from, const jp_config *conf, const char *part)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *got = copy_to(from, conf, &error);

	g_assert_null(got);
	g_assert_error(error, JP_ERROR, JP_ERROR_USAGE);
	g_assert_nonnull(strstr(error->message, part));
}

/* Only an empty database is filled, or the same unfinished copy. */
static void
test_targets(fixture *f, gconstpointer data)
{
	g_autofree char *first = must_copy_to(f->a.db, f->file_conf), *third = NULL;
	g_autoptr(jp_db) file = open_db(f->file_conf, JP_DB_READ);
	tmpdb b;

	(void)data;
	assert_refused(f->a.db, f->file_conf, "is not empty");
	tmpdb_init(&b);
	fail_copy_at(f, b.conf, tmpdb_either(&f->a, "s", "p")[0] == 's' ? 600 : 120);
	assert_refused(file, b.conf, "is an unfinished copy of ");
	third = must_copy_to(f->a.db, b.conf);
	g_assert_cmpstr(third, ==, first);
	tmpdb_close(&b);
}

#define CASE(name, f) g_test_add("/db/copy/" name, fixture, NULL, set_up, f, tear_down)

int
main(int argc, char **argv)
{
	jp_init("db-copy");
	g_test_init(&argc, &argv, NULL);
	CASE("there-and-back", test_there_and_back);
	CASE("every-table", test_every_table);
	CASE("failing", test_failing);
	CASE("source-moves", test_source_moves);
	CASE("verified", test_verified);
	CASE("targets", test_targets);
	return g_test_run();
}
