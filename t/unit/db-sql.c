/*
 * Every statement of sql/, against a fresh schema: each text prepares, its arguments and columns
 * are the declared ones, it writes only if it says so, no plan reads the whole of a table that
 * grows without `-- scan: reason`, and somebody uses it.
 */
#include <sqlite3.h>

#include "db/statement.h"
#include "tmpdb.h"

/* Tables whose rows are counted by what we wrote, not by what happens. */
static const char *const small_tables[] = {
    "query_stat", /* a row a statement */
};

static sqlite3 *schema;
static GHashTable *tables; /* names */
static char *sources;      /* lib/ and bin/ in one text; "": not found */

/* ---- the schema ------------------------------------------------------------------------------ */

static void
read_tables(void)
{
	sqlite3_stmt *st = NULL;

	tables = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_assert_cmpint(sqlite3_prepare_v2(schema,
			    "SELECT name FROM sqlite_schema WHERE type = 'table'", -1, &st, NULL),
	    ==, SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW)
		g_hash_table_add(tables, g_strdup((const char *)sqlite3_column_text(st, 0)));
	sqlite3_finalize(st);
	g_assert_cmpuint(g_hash_table_size(tables), >, 10);
}

static void
open_schema(void)
{
	g_assert_cmpint(sqlite3_open(":memory:", &schema), ==, SQLITE_OK);
	sqlite3_db_config(schema, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	for (const jp_migration *m = jp_migrations; m->version; m++)
		if (sqlite3_exec(schema, m->text[JP_ENGINE_SQLITE], NULL, NULL, NULL) != SQLITE_OK)
			g_error("migration %u: %s", m->version, sqlite3_errmsg(schema));
	read_tables();
}

/* ---- plans ----------------------------------------------------------------------------------- */

/* The table that a plan's name means: itself, or what the text gives that alias; NULL: a subquery,
 * a table-valued function. */
static char *
find_table(const char *text, const char *name)
{
	g_autofree char *quoted = g_regex_escape_string(name, -1);
	g_autofree char *pattern = g_strdup_printf("\\b(\\w+)\\s+(?:AS\\s+)?%s\\b", quoted);
	g_autoptr(GRegex) alias = g_regex_new(pattern, G_REGEX_CASELESS, 0, NULL);
	g_autoptr(GMatchInfo) m = NULL;

	if (g_hash_table_contains(tables, name))
		return g_strdup(name);
	for (g_regex_match(alias, text, 0, &m); g_match_info_matches(m);
	     g_match_info_next(m, NULL)) {
		g_autofree char *table = g_match_info_fetch(m, 1);

		if (g_hash_table_contains(tables, table))
			return g_steal_pointer(&table);
	}
	return NULL;
}

static gboolean
is_small(const char *table)
{
	for (guint i = 0; i < G_N_ELEMENTS(small_tables); i++)
		if (g_str_equal(table, small_tables[i]))
			return TRUE;
	return FALSE;
}

/* A partial index holds only what is due, or open: reading all of it is what it is for. */
static gboolean
is_partial(const char *index)
{
	sqlite3_stmt *st = NULL;
	gboolean partial;

	g_assert_cmpint(sqlite3_prepare_v2(schema,
			    "SELECT sql LIKE '% WHERE %' FROM sqlite_schema WHERE type = 'index'"
			    " AND name = ?1",
			    -1, &st, NULL),
	    ==, SQLITE_OK);
	sqlite3_bind_text(st, 1, index, -1, SQLITE_TRANSIENT);
	partial = sqlite3_step(st) == SQLITE_ROW && sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return partial;
}

/* How much of a table that grows a line of a plan may read. */
enum reads { READS_FEW, READS_PART, READS_ALL };

static enum reads
judge(const char *text, const char *detail)
{
	g_auto(GStrv) words = g_strsplit(detail, " ", -1);
	g_autofree char *table = g_strv_length(words) > 1 ? find_table(text, words[1]) : NULL;
	const char *index = strstr(detail, " INDEX ");

	if (!table || is_small(table))
		return READS_FEW;
	if (strstr(detail, " VIRTUAL TABLE INDEX "))
		return READS_FEW; /* the full-text index, by its words */
	if (!g_str_equal(words[0], "SCAN") && !strstr(detail, " AUTOMATIC "))
		return strstr(detail, "(rowid>?)") ? READS_PART : READS_FEW;
	return index && is_partial(index + strlen(" INDEX ")) ? READS_PART : READS_ALL;
}

/* The most that a line of the text's plan reads; the line goes to *worst (g_free). */
static enum reads
explain(const char *text, char **worst)
{
	g_autofree char *sql = g_strconcat("EXPLAIN QUERY PLAN ", text, NULL);
	sqlite3_stmt *st = NULL;
	enum reads most = READS_FEW;

	*worst = NULL;
	g_assert_cmpint(sqlite3_prepare_v2(schema, sql, -1, &st, NULL), ==, SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW) {
		const char *detail = (const char *)sqlite3_column_text(st, 3);
		enum reads reads = judge(text, detail);

		if (reads <= most)
			continue;
		most = reads;
		g_free(*worst);
		*worst = g_strdup(detail);
	}
	sqlite3_finalize(st);
	return most;
}

static void
test_explain(void)
{
	static const struct {
		const char *text;
		enum reads reads;
	} cases[] = {
	    {"SELECT id FROM posting WHERE title = 'x'", READS_ALL},
	    {"SELECT p.id FROM posting AS p WHERE p.title = 'x'", READS_ALL},
	    {"SELECT p.id FROM board b JOIN posting p ON p.title = b.token WHERE b.id = 1",
		READS_ALL},
	    {"SELECT id FROM posting ORDER BY first_seen", READS_ALL},
	    {"SELECT count(*) FROM posting", READS_ALL},
	    {"SELECT id FROM posting WHERE id = 1", READS_FEW},
	    {"SELECT id FROM posting WHERE match_due = 1", READS_PART},
	    {"SELECT name FROM query_stat", READS_FEW},
	    {"SELECT value FROM json_each('[1]')", READS_FEW},
	    {"SELECT p.id FROM json_each('[1]') j JOIN posting p ON p.id = j.value", READS_FEW},
	    {"DELETE FROM posting WHERE title = 'x'", READS_ALL},
	    {"SELECT id FROM posting WHERE id > 1 ORDER BY id LIMIT 9", READS_PART},
	    {"SELECT p.id FROM posting p JOIN location l ON l.posting_id = p.id", READS_ALL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *worst = NULL;
		enum reads reads = explain(cases[i].text, &worst);

		g_test_message("%s: %s", cases[i].text, worst ? worst : "-");
		g_assert_cmpint(reads, ==, cases[i].reads);
	}
}

/* ---- statements ------------------------------------------------------------------------------ */

/* FALSE when the text does not even prepare. */
static gboolean
check_fields(const jp_statement *s, const char *text, guint mask)
{
	sqlite3_stmt *st = NULL;
	guint n_params, n_cols;

	if (sqlite3_prepare_v2(schema, text, -1, &st, NULL) != SQLITE_OK) {
		g_test_fail_printf("%s: %s: %s", s->file, s->name, sqlite3_errmsg(schema));
		return FALSE;
	}
	n_params = (guint)sqlite3_bind_parameter_count(st);
	if (n_params > s->n_args ||
	    (mask + 1 == 1U << s->variants[JP_ENGINE_SQLITE].n_blocks && n_params != s->n_args))
		g_test_fail_printf(
		    "%s: %s: %u arguments, %u declared", s->file, s->name, n_params, s->n_args);
	if (s->is_write != !sqlite3_stmt_readonly(st))
		g_test_fail_printf(
		    "%s: %s: writes %s", s->file, s->name, s->is_write ? "nothing" : "unseen");
	n_cols = (guint)sqlite3_column_count(st);
	if (n_cols != (s->gives_id ? 0 : s->n_cols))
		g_test_fail_printf(
		    "%s: %s: %u columns, %u declared", s->file, s->name, n_cols, s->n_cols);
	for (guint i = 0; i < MIN(n_cols, s->n_cols); i++)
		if (!g_str_equal(sqlite3_column_name(st, (int)i), s->cols[i].name))
			g_test_fail_printf("%s: %s: column %u is %s, declared %s", s->file, s->name,
			    i, sqlite3_column_name(st, (int)i), s->cols[i].name);
	sqlite3_finalize(st);
	return TRUE;
}

static void
test_statement(gconstpointer data)
{
	const jp_statement *s = data;
	const jp_variants *v = &s->variants[JP_ENGINE_SQLITE];
	enum reads most = READS_FEW;

	for (guint mask = 0; mask < 1U << v->n_blocks; mask++) {
		g_autofree char *worst = NULL;
		enum reads reads;

		if (!check_fields(s, v->texts[mask], mask))
			return;
		reads = explain(v->texts[mask], &worst);
		most = MAX(most, reads);
		if (reads == READS_ALL && !s->scan)
			g_test_fail_printf(
			    "%s: %s: %s, without a reason (-- scan: ...)", s->file, s->name, worst);
	}
	/* What only inserts has no plan here; PostgreSQL may do the same another way. */
	if (s->scan && most == READS_FEW && !g_str_has_prefix(v->texts[0], "INSERT"))
		g_test_fail_printf("%s: %s: has a reason to scan and does not", s->file, s->name);
}

/* ---- who uses them ----------------------------------------------------------------------------
 */

static void
append_sources(GString *all, const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_autofree char *text = NULL;

		if (g_file_test(path, G_FILE_TEST_IS_DIR))
			append_sources(all, path);
		else if (g_str_has_suffix(name, ".c") &&
		    g_file_get_contents(path, &text, NULL, NULL))
			g_string_append(all, text);
	}
}

static void
test_used(gconstpointer data)
{
	const jp_statement *s = data;
	g_autofree char *upper = g_ascii_strup(s->name, -1);
	g_autofree char *pattern = g_strdup_printf("\\bJP_SQL_%s\\b", upper);

	if (!*sources)
		g_test_skip("no sources here");
	else if (!g_regex_match_simple(pattern, sources, 0, 0))
		g_test_fail_printf("%s: %s: nobody uses it", s->file, s->name);
}

int
main(int argc, char **argv)
{
	GString *all = g_string_new(NULL);
	int status;

	jp_init("db-sql");
	g_test_init(&argc, &argv, NULL);
	open_schema();
	append_sources(all, "lib");
	append_sources(all, "bin");
	sources = g_string_free(all, FALSE);
	g_test_add_func("/sql/explain", test_explain);
	for (guint i = 0; i < JP_SQL_N; i++) {
		g_autofree char *form = g_strdup_printf("/sql/form/%s", jp_statements[i].name);

		g_autofree char *used = g_strdup_printf("/sql/used/%s", jp_statements[i].name);

		g_test_add_data_func(form, &jp_statements[i], test_statement);
		g_test_add_data_func(used, &jp_statements[i], test_used);
	}
	status = g_test_run();
	g_hash_table_destroy(tables);
	g_free(sources);
	sqlite3_close(schema);
	return status;
}
