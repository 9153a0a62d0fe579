/* many.c and sqlite_rows.c: many rows for one INSERT, and what comes of what they are given. */
#include <string.h>

#include "db/internal.h"
#include "rawdb.h"

#define N_ARGS 6 /* of location_add */
#define PLACE(posting, n, text, city, region)                                                      \
	JP_INT(posting), JP_INT(n), JP_TEXT(text), JP_TEXT(city), JP_TEXT(region), JP_NULL

typedef struct fixture {
	tmpdb t;
	rawdb *raw;
	jp_db *db;
	gint64 board;
} fixture;

static void
set_up(fixture *f, gconstpointer data)
{
	(void)data;
	f->db = tmpdb_open(&f->t);
	f->raw = raw_open(&f->t);
	f->board = raw_board(f->raw, "feed");
}

static void
tear_down(fixture *f, gconstpointer data)
{
	(void)data;
	raw_close(f->raw);
	tmpdb_close(&f->t);
}

/* Appends a posting; what it borrows lives for ever or as long as the caller says. */
static void
append_posting(GArray *args, gint64 board, gint64 id, const char *external_id, const char *text,
    const void *hash, gsize len)
{
	const jp_arg row[] = {JP_INT(id), JP_INT(board), JP_INT(id), JP_TEXT(external_id), JP_NULL,
	    JP_TEXT("Lamp fitter"), JP_TEXT("Lantern Works"), JP_TEXT(text),
	    JP_TEXT("https://jobs.example.org/1"), JP_TEXT(""), JP_NULL, JP_NULL, JP_NULL, JP_NULL,
	    JP_INT(G_MININT64), JP_INT(G_MAXINT64), JP_NULL, JP_NULL, JP_NULL, JP_NULL, JP_INT(0),
	    JP_NULL, JP_NULL, JP_INT(7), JP_BLOB(hash, len), JP_INT(2), JP_INT(-1)};

	g_array_append_vals(args, row, G_N_ELEMENTS(row));
}

static void
add_postings(jp_db *db, const GArray *args, gsize n)
{
	jp_db_do_many(
	    db, JP_SQL_POSTING_INSERT, (const jp_arg *)args->data, n ? args->len / n : 27, n);
}

static void
add_one_posting(fixture *f)
{
	g_autoptr(GArray) args = g_array_new(FALSE, FALSE, sizeof(jp_arg));

	append_posting(args, f->board, 1, "a", "Fits lamps.", "h", 1);
	jp_db_begin(f->db, JP_TX_WRITE);
	add_postings(f->db, args, 1);
	jp_db_commit(f->db);
}

/* Every value arrives as it is given. */
static void
test_values(fixture *f, gconstpointer data)
{
	g_autoptr(GArray) args = g_array_new(FALSE, FALSE, sizeof(jp_arg));
	g_autoptr(jp_rows) r = NULL;
	char text[140];
	const guint8 hash[] = {0, 1, 0x7f, 0x80, 0xff, 0, '"', '\\'};
	const void *back;
	gsize len;

	(void)data;
	for (guint i = 1; i < 128; i++)
		text[i - 1] = (char)i;
	memcpy(text + 127, "ü\xf0\x9f\x92\xa1/", 8);
	append_posting(args, f->board, 1, "a", text, hash, sizeof(hash));
	append_posting(args, f->board, 2, "b", "", NULL, 0);
	jp_db_begin(f->db, JP_TX_WRITE);
	add_postings(f->db, args, 2);
	f->db->is_strict = FALSE; /* of a posting, some columns say enough */
	r = jp_db_query(f->db, JP_SQL_POSTING_GET, JP_ARGS(JP_INT(1)));
	g_assert_true(jp_rows_next(r));
	g_assert_cmpstr(jp_rows_text(r, JP_COL_POSTING_GET_EXTERNAL_ID), ==, "a");
	g_assert_cmpstr(jp_rows_text(r, JP_COL_POSTING_GET_DESCRIPTION), ==, text);
	g_assert_cmpint(jp_rows_int(r, JP_COL_POSTING_GET_SALARY_MIN), ==, G_MININT64);
	g_assert_cmpint(jp_rows_int(r, JP_COL_POSTING_GET_SALARY_MAX), ==, G_MAXINT64);
	back = jp_rows_blob(r, JP_COL_POSTING_GET_HASH, &len);
	g_assert_cmpmem(back, len, hash, sizeof(hash));
	g_clear_pointer(&r, jp_rows_free);
	jp_db_commit(f->db);
	raw_assert_int(f->raw,
	    "SELECT count(*) FROM posting WHERE id = 2 AND external_id = 'b' AND description = ''"
	    " AND length(hash) = 0 AND apply_url = '' AND level IS NULL AND first_seen = 7"
	    " AND last_seen = 7 AND dedupe_key = -1",
	    1);
}

/* In the order in which they are given, each once; none is nothing. */
static void
test_order(fixture *f, gconstpointer data)
{
	g_autoptr(GArray) args = g_array_new(FALSE, FALSE, sizeof(jp_arg));

	(void)data;
	add_one_posting(f);
	for (gint64 i = 0; i < 1000; i++) {
		const jp_arg row[] = {
		    JP_INT(1), JP_TEXT("new"), JP_INT(i), i % 2 ? JP_NULL : JP_LIST("[\"a\\\"\"]")};

		g_array_append_vals(args, row, G_N_ELEMENTS(row));
	}
	jp_db_begin(f->db, JP_TX_WRITE);
	jp_db_do_many(f->db, JP_SQL_POSTING_EVENT_ADD, (const jp_arg *)args->data, 4, 1000);
	jp_db_do_many(f->db, JP_SQL_POSTING_EVENT_ADD, NULL, 4, 0);
	jp_db_commit(f->db);
	raw_assert_int(f->raw, "SELECT count(*) FROM posting_event WHERE id = at + 1", 1000);
	raw_assert_int(
	    f->raw, "SELECT count(*) FROM posting_event WHERE what = '[\"a\\\"\"]'", 500);
	raw_assert_int(f->raw, "SELECT count(*) FROM posting_event WHERE what IS NULL", 500);
}

/* What is more than a server is given at once goes in all the same. */
static void
test_large(fixture *f, gconstpointer data)
{
	g_autoptr(GArray) args = g_array_new(FALSE, FALSE, sizeof(jp_arg));
	g_autofree char *text = g_strnfill(400000, 'x');
	static const char *const ids[] = {"a", "b", "c", "d", "e", "f", "g"};

	(void)data;
	for (gsize i = 0; i < G_N_ELEMENTS(ids); i++)
		append_posting(args, f->board, (gint64)i + 1, ids[i], text, "h", 1);
	jp_db_begin(f->db, JP_TX_WRITE);
	add_postings(f->db, args, G_N_ELEMENTS(ids));
	jp_db_commit(f->db);
	raw_assert_int(f->raw, "SELECT sum(length(description)) FROM posting", 7 * 400000);
	raw_assert_int(f->raw, "SELECT count(DISTINCT external_id) FROM posting", 7);
}

/* The same statement for one row, and again for many. */
static void
test_beside_one(fixture *f, gconstpointer data)
{
	const jp_arg more[] = {PLACE(1, 1, "Bern", "Bern", NULL), PLACE(1, 2, "Chur", NULL, "GR")};
	const jp_arg again[] = {PLACE(1, 3, "Thun", NULL, NULL)};

	(void)data;
	add_one_posting(f);
	jp_db_begin(f->db, JP_TX_WRITE);
	jp_db_do(f->db, JP_SQL_LOCATION_ADD, JP_ARGS(PLACE(1, 0, "Basel", NULL, NULL)));
	jp_db_do_many(f->db, JP_SQL_LOCATION_ADD, more, N_ARGS, 2);
	jp_db_do_many(f->db, JP_SQL_LOCATION_ADD, again, N_ARGS, 1);
	jp_db_commit(f->db);
	raw_assert_int(f->raw, "SELECT count(*) FROM location WHERE country IS NULL", 4);
	raw_assert_int(f->raw, "SELECT count(*) FROM location WHERE n = 1 AND city = 'Bern'", 1);
	raw_assert_int(f->raw, "SELECT count(*) FROM location WHERE n = 2 AND region = 'GR'", 1);
	raw_assert_int(f->raw, "SELECT count(*) FROM location WHERE n = 3 AND text = 'Thun'", 1);
}

/* All rows are one call. */
static void
test_timing(fixture *f, gconstpointer data)
{
	const jp_arg two[] = {PLACE(1, 1, "Bern", NULL, NULL), PLACE(1, 2, "Chur", NULL, NULL)};

	(void)data;
	add_one_posting(f);
	jp_db_begin(f->db, JP_TX_WRITE);
	jp_db_do_many(f->db, JP_SQL_LOCATION_ADD, two, N_ARGS, 2);
	jp_db_commit(f->db);
	g_assert_cmpint(f->db->timings[JP_SQL_LOCATION_ADD].n, ==, 1);
}

/* ---- ends of the process --------------------------------------------------------------------- */

enum misuse { NOT_MANY, NO_TX, ROW_TYPE, NO_PARENT, TWICE, N_MISUSES };

static const struct {
	const char *name, *said;
} misuses[N_MISUSES] = {
    [NOT_MANY] = {"not-many", "run_begin: is not written for many rows"},
    [NO_TX] = {"outside", "location_add: a write outside a transaction"},
    [ROW_TYPE] = {"type-of-the-second", "argument text may not be null"},
    [NO_PARENT] = {"no-parent", "location_add: "},
    [TWICE] = {"twice", "location_add: "},
};

struct misuse_case {
	tmpdb *t;
	enum misuse what;
};

static void
misuse(gpointer data)
{
	const struct misuse_case *c = data;
	jp_db *db = tmpdb_reopen(c->t, JP_DB_OPEN);
	gint64 parent = c->what == NO_PARENT ? 99 : 1;
	const jp_arg rows[] = {PLACE(1, 0, "Bern", NULL, NULL),
	    PLACE(
		parent, c->what == TWICE ? 0 : 1, c->what == ROW_TYPE ? NULL : "Chur", NULL, NULL)};

	if (c->what != NO_TX)
		jp_db_begin(db, JP_TX_WRITE);
	if (c->what == NOT_MANY)
		jp_db_do_many(
		    db, JP_SQL_RUN_BEGIN, JP_ARGS(JP_TEXT("p"), JP_TEXT("w"), JP_INT(1)), 1);
	jp_db_do_many(db, JP_SQL_LOCATION_ADD, rows, N_ARGS, 2);
	jp_db_commit(db);
}

/* Nothing of a transaction stays in which one row went wrong. */
static void
test_misuse(fixture *f, gconstpointer data)
{
	struct misuse_case c = {&f->t, (enum misuse)GPOINTER_TO_INT(data)};

	add_one_posting(f);
	g_clear_pointer(&f->t.db, jp_db_close);
	/* a server has other writers, who may have been quicker */
	assert_dies(misuse, &c, f->t.server && c.what >= NO_PARENT ? JP_ERROR_TEMP : JP_ERROR_BUG,
	    misuses[c.what].said);
	raw_assert_int(f->raw, "SELECT count(*) FROM location", 0);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(fixture *f, gconstpointer data);
	} tests[] = {
	    {"values", test_values},
	    {"order", test_order},
	    {"large", test_large},
	    {"beside-one", test_beside_one},
	    {"timing", test_timing},
	};

	jp_init("db-many");
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
		g_autofree char *path = g_strdup_printf("/db/many/%s", tests[i].name);

		g_test_add(path, fixture, NULL, set_up, tests[i].run, tear_down);
	}
	for (int i = 0; i < N_MISUSES; i++) {
		g_autofree char *path = g_strdup_printf("/db/many/dies/%s", misuses[i].name);

		g_test_add(path, fixture, GINT_TO_POINTER(i), set_up, test_misuse, tear_down);
	}
	return g_test_run();
}
