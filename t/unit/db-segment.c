/*
 * sqlite_segment.c: many rows put into the full-text index at once are, to the byte, what SQLite
 * makes of them one at a time; whatever SQLite does to the index before and afterwards, it finds
 * it whole.
 */
#include <string.h>

#include "db/internal.h"
#include "db/sqlite.h"
#include "rawdb.h"

typedef struct fixture {
	tmpdb t;
	rawdb *raw;
	GRand *rand;
	gint64 last; /* id given */
} fixture;

static void
set_up(fixture *f, gconstpointer data)
{
	(void)data;
	tmpdb_open(&f->t);
	f->raw = raw_open(&f->t);
	f->rand = g_rand_new_with_seed(20261122);
	f->last = 0;
	raw_words(f->raw);
}

static void
tear_down(fixture *f, gconstpointer data)
{
	(void)data;
	g_rand_free(f->rand);
	raw_close(f->raw);
	tmpdb_close(&f->t);
}

/* ---- rows -------------------------------------------------------------------------------------
 */

/* Rows, and the same turned about. */
typedef struct batch {
	GArray *ids;      /* of gint64 */
	GPtrArray *texts; /* words joined by blanks, as the statement takes them */
	GTree *words;     /* text: GArray of guint32 */
} batch;

static gint
by_text(gconstpointer a, gconstpointer b, gpointer data)
{
	(void)data;
	return strcmp(a, b);
}

static batch *
batch_new(void)
{
	batch *b = g_new(batch, 1);

	b->ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	b->texts = g_ptr_array_new_with_free_func(g_free);
	b->words = g_tree_new_full(by_text, NULL, g_free, (GDestroyNotify)g_array_unref);
	return b;
}

static void
batch_free(batch *b)
{
	g_array_unref(b->ids);
	g_ptr_array_unref(b->texts);
	g_tree_unref(b->words);
	g_free(b);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(batch, batch_free)

/* A row with these words, each once. */
static void
add_row(batch *b, gint64 id, char *const *words)
{
	guint32 row = b->ids->len;

	g_array_append_val(b->ids, id);
	for (guint i = 0; words[i]; i++) {
		GArray *rows = g_tree_lookup(b->words, words[i]);

		if (!rows) {
			rows = g_array_new(FALSE, FALSE, sizeof(guint32));
			g_tree_insert(b->words, g_strdup(words[i]), rows);
		}
		g_array_append_val(rows, row);
	}
	g_ptr_array_add(b->texts, g_strjoinv(" ", (char **)words));
}

static gboolean
put_word(gpointer key, gpointer value, gpointer data)
{
	const GArray *rows = value;
	const jp_index_word word = {
	    key, (guint)strlen(key), rows->len, (const guint32 *)(const void *)rows->data};

	g_array_append_val((GArray *)data, word);
	return FALSE;
}

static gboolean
put_at_once(fixture *f, const batch *b)
{
	g_autoptr(GArray) words = g_array_new(FALSE, FALSE, sizeof(jp_index_word));
	jp_index_part part = {.index = "posting_text", .n_ids = b->ids->len};
	gboolean taken;

	g_tree_foreach(b->words, put_word, words);
	part.ids = (const gint64 *)(const void *)b->ids->data;
	part.words = (const jp_index_word *)(const void *)words->data;
	part.n_words = words->len;
	jp_db_begin(f->t.db, JP_TX_WRITE);
	taken = jp_db_index(f->t.db, &part);
	jp_db_commit(f->t.db);
	return taken;
}

static void
put_one_by_one(fixture *f, const batch *b)
{
	jp_db_begin(f->t.db, JP_TX_WRITE);
	for (guint i = 0; i < b->ids->len; i++)
		jp_db_do(f->t.db, JP_SQL_TEXTINDEX_ADD,
		    JP_ARGS(JP_INT(g_array_index(b->ids, gint64, i)), JP_TEXT(b->texts->pdata[i])));
	jp_db_commit(f->t.db);
}

/* One of n words of all kinds; the first ones are common. */
static char *
make_word(fixture *f, guint n)
{
	guint a = (guint)g_rand_int_range(f->rand, 1, (gint32)n);
	guint which = (guint)g_rand_int_range(f->rand, 0, (gint32)a);
	g_autofree char *number = g_strdup_printf("%u", which * 2654435761u);
	g_autoptr(GString) word = g_string_new(which % 11 == 0 ? "t:" : NULL);

	for (guint i = 0; number[i]; i++)
		g_string_append_c(word, (gchar)('a' + (number[i] - '0') * (which % 2 ? 1 : 2)));
	for (guint i = 0; which % 37 == 0 && i < 50; i++)
		g_string_append_c(word, 'z');
	if (which % 41 == 0)
		g_string_append(word, "\303\274");
	return g_string_free(g_steal_pointer(&word), FALSE);
}

/* So many rows; their ids follow each other but for a gap now and then. */
static batch *
make_batch(fixture *f, guint n_rows, guint most_words, guint vocabulary)
{
	batch *b = batch_new();

	for (guint i = 0; i < n_rows; i++) {
		g_autoptr(GHashTable) seen =
		    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		g_autofree char **words = NULL;

		for (int n = g_rand_int_range(f->rand, 1, (gint32)most_words + 1); n > 0; n--)
			g_hash_table_add(seen, make_word(f, vocabulary));
		words = (char **)g_hash_table_get_keys_as_array(seen, NULL);
		f->last += g_rand_int_range(f->rand, 0, 100) == 0
		    ? g_rand_int_range(f->rand, 1, 1000000)
		    : 1;
		add_row(b, f->last, words);
	}
	return b;
}

/* ---- what the index is ------------------------------------------------------------------------
 */

/* Everything that is stored of it. */
static char *
bytes_of(fixture *f)
{
	return raw_text(f->raw,
	    "SELECT (SELECT group_concat(line, char(10)) FROM (SELECT id || ' ' || hex(block) AS "
	    "line"
	    "        FROM posting_text_data ORDER BY id))"
	    " || char(10) || (SELECT coalesce(group_concat(line, char(10)), '') FROM"
	    "        (SELECT segid || ' ' || hex(term) || ' ' || pgno AS line FROM posting_text_idx"
	    "        ORDER BY segid, term))");
}

static void
assert_whole(fixture *f)
{
	raw_do(f->raw, "INSERT INTO posting_text (posting_text) VALUES ('integrity-check')");
}

static gint64
matching(fixture *f, const char *word)
{
	g_autofree char *sql = g_strdup_printf(
	    "SELECT count(*) FROM posting_text WHERE posting_text MATCH '\"%s\"'", word);

	return raw_int(f->raw, sql);
}

static gboolean
skipped(const fixture *f)
{
	if (!f->raw->file)
		g_test_skip("SQLite's alone");
	return !f->raw->file;
}

/* ---- cases ------------------------------------------------------------------------------------
 */

/* One way and the other, batch after batch, give the same bytes. */
static void
test_bytes(fixture *f, gconstpointer data)
{
	static const struct {
		guint n_rows, most_words, vocabulary;
	} cases[] = {{1, 1, 2}, {1, 300, 3000}, {40, 1, 2}, {300, 200, 3}, {500, 60, 2000},
	    {120, 300, 30000}, {2000, 12, 40}, {3, 3, 10}};
	g_autoptr(GPtrArray) batches = g_ptr_array_new_with_free_func((GDestroyNotify)batch_free);
	g_autofree char *want = NULL, *have = NULL;

	(void)data;
	if (skipped(f))
		return;
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *step = NULL;

		g_ptr_array_add(batches,
		    make_batch(f, cases[i].n_rows, cases[i].most_words, cases[i].vocabulary));
		put_one_by_one(f, batches->pdata[i]);
		step = bytes_of(f);
		g_assert_true(step != NULL);
	}
	want = bytes_of(f);
	raw_do(f->raw, "INSERT INTO posting_text (posting_text) VALUES ('delete-all')");
	for (guint i = 0; i < batches->len; i++) {
		g_assert_true(put_at_once(f, batches->pdata[i]));
		assert_whole(f);
	}
	have = bytes_of(f);
	g_assert_cmpstr(have, ==, want);
}

/* Until SQLite has to merge what there is. */
static void
test_merges(fixture *f, gconstpointer data)
{
	guint n_rows = 0, n_refused = 0;
	char *common[] = {(char *)"everywhere", NULL};

	(void)data;
	if (skipped(f))
		return;
	for (guint i = 0; i < 200; i++) {
		g_autoptr(batch) b = make_batch(f, 5, 30, 300);

		add_row(b, ++f->last, common);
		n_rows += b->ids->len;
		if (put_at_once(f, b))
			continue;
		n_refused++;
		put_one_by_one(f, b);
		assert_whole(f);
	}
	g_assert_cmpuint(n_refused, >=, 2);
	g_assert_cmpuint(n_refused, <=, 8);
	assert_whole(f);
	g_assert_cmpint(matching(f, "everywhere"), ==, 200);
	raw_assert_int(f->raw, "SELECT count(DISTINCT doc) FROM temp.words", (gint64)n_rows);
}

/* More rows of one word than fit on the pages for which SQLite would keep a list of them. */
static void
test_long(fixture *f, gconstpointer data)
{
	g_autoptr(batch) b = batch_new();
	char *words[] = {(char *)"first", (char *)"long", NULL};

	(void)data;
	if (skipped(f))
		return;
	for (guint i = 0; i < 30000; i++)
		add_row(b, 1 + (gint64)i * 200, i % 3 ? words + 1 : words);
	g_assert_true(put_at_once(f, b));
	assert_whole(f);
	g_assert_cmpint(matching(f, "long"), ==, 30000);
	g_assert_cmpint(matching(f, "first"), ==, 10000);
	raw_assert_int(f->raw,
	    "SELECT rowid FROM posting_text WHERE posting_text MATCH 'first AND long' AND rowid < "
	    "3000000"
	    " ORDER BY rowid DESC LIMIT 1",
	    1 + 14997 * 200);
}

/* In one transaction and on one connection SQLite adds, looks, takes out, and finds all there is.
 */
static void
test_between(fixture *f, gconstpointer data)
{
	(void)data;
	if (skipped(f))
		return;
	for (guint i = 0; i < 40; i++) {
		g_autoptr(batch) first = make_batch(f, 3, 4, 9), second = make_batch(f, 3, 4, 9);
		gint64 id = g_array_index(second->ids, gint64, 0), found;
		g_autofree char *question = g_strdup_printf("\"%.*s\"",
		    (int)strcspn(second->texts->pdata[0], " "), (char *)second->texts->pdata[0]);

		put_one_by_one(f, first);
		g_assert_true(put_at_once(f, second) || i > 0);
		jp_db_begin(f->t.db, JP_TX_WRITE);
		g_assert_true(jp_db_get_int(
		    f->t.db, JP_SQL_TEXTINDEX_HAS, JP_ARGS(JP_INT(id), JP_TEXT(question)), &found));
		jp_db_do(f->t.db, JP_SQL_TEXTINDEX_TAKE,
		    JP_ARGS(JP_INT(id), JP_TEXT(second->texts->pdata[0])));
		jp_db_commit(f->t.db);
		assert_whole(f);
	}
}

/* What is rolled back is gone. */
static void
test_rolled_back(fixture *f, gconstpointer data)
{
	g_autofree char *before = NULL, *after = NULL;
	g_autoptr(batch) b = make_batch(f, 10, 10, 50);
	static const guint32 rows[] = {0};
	static const gint64 ids[] = {77777777};
	const jp_index_word word = {"gone", 4, 1, rows};
	const jp_index_part part = {"posting_text", ids, 1, &word, 1};

	(void)data;
	if (skipped(f))
		return;
	g_assert_true(put_at_once(f, b));
	before = bytes_of(f);
	jp_db_begin(f->t.db, JP_TX_WRITE);
	g_assert_true(jp_db_index(f->t.db, &part));
	jp_db_rollback(f->t.db);
	after = bytes_of(f);
	g_assert_cmpstr(after, ==, before);
	assert_whole(f);
	g_assert_cmpint(matching(f, "gone"), ==, 0);
}

/* An index that is not of the form that is known here is left to SQLite. */
static void
test_strange(fixture *f, gconstpointer data)
{
	static const char *const blocks[] = {"x'00000000'", "x'000000000101'",
	    "x'00000000ff00000101'", "x'00000000010205000101'", "x'00000000010105000101010203'",
	    "x'000000008f510000'", "x'ffffffffffffffffffffffffffffffff'"};
	g_autoptr(batch) b = make_batch(f, 3, 4, 9);

	(void)data;
	if (skipped(f))
		return;
	for (guint i = 0; i < G_N_ELEMENTS(blocks); i++) {
		g_autofree char *sql = g_strdup_printf(
		    "UPDATE posting_text_data SET block = %s WHERE id = 10", blocks[i]);
		g_autofree char *before = NULL, *after = NULL;

		raw_do(f->raw, sql);
		before = bytes_of(f);
		g_assert_false(put_at_once(f, b));
		after = bytes_of(f);
		g_assert_cmpstr(after, ==, before);
	}
}

static gboolean
may_write_its_tables(const fixture *f)
{
	return jp_sqlite_exec(
	    f->t.db->conn->db, "UPDATE posting_text_data SET id = id WHERE id = 1", NULL);
}

/* Who never put rows in at once cannot write what is SQLite's own; who did can, and that is said
 * once: what is prepared stays prepared. */
static void
test_protected(fixture *f, gconstpointer data)
{
	sqlite3_stmt *other = NULL;

	(void)data;
	if (skipped(f))
		return;
	g_assert_false(may_write_its_tables(f));
	for (guint i = 0; i < 3; i++) {
		g_autoptr(batch) b = make_batch(f, 3, 4, 9);

		g_assert_true(put_at_once(f, b));
		g_assert_true(may_write_its_tables(f));
		if (!other)
			g_assert_cmpint(
			    sqlite3_prepare_v2(f->t.db->conn->db, "SELECT 1", -1, &other, NULL), ==,
			    SQLITE_OK);
		g_assert_cmpint(sqlite3_step(other), ==, SQLITE_ROW);
		g_assert_cmpint(sqlite3_reset(other), ==, SQLITE_OK);
	}
	g_assert_cmpint(sqlite3_stmt_status(other, SQLITE_STMTSTATUS_REPREPARE, 0), ==, 0);
	sqlite3_finalize(other);
}

/* What is prepared outlives a change of the schema. */
static void
test_schema_changes(fixture *f, gconstpointer data)
{
	(void)data;
	if (skipped(f))
		return;
	for (guint i = 0; i < 3; i++) {
		g_autofree char *sql = g_strdup_printf("CREATE TABLE another_%u (a INT)", i);
		g_autoptr(batch) b = make_batch(f, 3, 4, 9);

		g_assert_true(put_at_once(f, b));
		raw_do(f->raw, sql);
		assert_whole(f);
	}
}

/* PostgreSQL is given its rows by statements. */
static void
test_other_engine(fixture *f, gconstpointer data)
{
	g_autoptr(batch) b = make_batch(f, 3, 4, 9);

	(void)data;
	if (!f->raw->file)
		g_assert_false(put_at_once(f, b));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
#define CASE(name, test) g_test_add("/db/segment/" name, fixture, NULL, set_up, test, tear_down)
	CASE("the same bytes", test_bytes);
	CASE("merges", test_merges);
	CASE("a long list of rows", test_long);
	CASE("between what SQLite does", test_between);
	CASE("rolled back", test_rolled_back);
	CASE("an index that is not known", test_strange);
	CASE("protected", test_protected);
	CASE("a schema that changes", test_schema_changes);
	CASE("another engine", test_other_engine);
	return g_test_run();
}
