/*
 * Matching: a batch of postings against all saved searches.  Usage:
 *
 *	match SUBSCRIBERS POSTINGS [alone]
 *
 * Both are JSON Lines of the workload generator, whose head gives the rule by which a subscriber
 * matches a posting; here each subscriber is a saved search that means the same:
 *	all, any, none   exact terms, joined by AND, in one OR, negated
 *	cities           locations; remote "ok" accepts every work model and so remote work from
 *	                 anywhere, "no" says nothing of work models, "only" wants remote and no city
 *	levels           ours (junior is entry)
 * A remote posting states its city and no country, since the rule knows no countries.
 *
 * That both find the same pairs is checked on a sample by the plain loop, which is also a peer:
 * what a program without an index does.  The other peer is an FTS5 table of the batch in memory,
 * asked once for each search.  With "alone" there are neither peers nor reasons.  One figure a
 * line: name, value, unit.
 */
#include <malloc.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "match/match.h"

#define NOW          G_GINT64_CONSTANT(1790000000000)
#define SAMPLE       200 /* searches that the plain loop runs */
#define WORKLOAD_MAX (1024 * 1024 * 1024)

static char *prefix; /* "match 10000x1000" */

static void
tell(const char *name, double value, const char *unit)
{
	printf("%s %s\t%.*f\t%s\n", prefix, name, value < 100 ? 2 : 0, value, unit);
}

static double
ms_since(gint64 began)
{
	return (double)(jp_monotonic_us() - began) / 1000;
}

/* ---- the workload ----------------------------------------------------------------------- */

/* Lines as JSON objects, in chunks of the file; the caller frees them. */
static GPtrArray *
read_lines(const char *path)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)cJSON_Delete);
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	gsize len;

	if (!jp_file_read(path, WORKLOAD_MAX, &text, &len, &error))
		exit(jp_fail(error));
	for (char *line = text, *end; *line; line = end + 1) {
		cJSON *o;

		end = strchr(line, '\n');
		if (!end)
			break;
		o = jp_json_parse(line, (gsize)(end - line), &error);
		if (!o)
			exit(jp_fail(error));
		g_ptr_array_add(list, o);
	}
	return list;
}

static void
append_terms(GString *q, const cJSON *o, const char *key, const char *before, const char *joint)
{
	const cJSON *term;
	guint n = 0;

	cJSON_ArrayForEach (term, cJSON_GetObjectItem(o, key))
		g_string_append_printf(
		    q, "%s%s=\"%s\"", n++ ? joint : "", before, term->valuestring);
}

static jp_level
level_of(const char *word)
{
	jp_level v;

	return jp_level_from_word(word, &v) ? v : JP_LEVEL_ENTRY; /* "junior" is not our word */
}

static void
set_levels(jp_search *s, const cJSON *o)
{
	const cJSON *level;

	cJSON_ArrayForEach (level, cJSON_GetObjectItem(o, "levels")) {
		s->level_mask |= 1u << level_of(level->valuestring);
	}
}

static jp_search *
search_of(const cJSON *o)
{
	jp_search *s = jp_search_new();
	g_autoptr(GString) q = g_string_new(NULL);
	g_autoptr(GError) error = NULL;
	const char *remote = jp_json_text(o, "remote");

	jp_json_int(o, "id", &s->id);
	s->subscriber_id = s->id;
	append_terms(q, o, "all", "", " ");
	if (cJSON_GetArraySize(cJSON_GetObjectItem(o, "any"))) {
		g_string_append(q, " (");
		append_terms(q, o, "any", "", " OR ");
		g_string_append(q, ") ");
	}
	append_terms(q, o, "none", "-", " ");
	g_free(s->name);
	s->name = g_strdup("search");
	g_free(s->query);
	s->query = g_strdup(q->str);
	set_levels(s, o);
	if (strcmp(remote, "only") == 0) {
		s->remote_mask = 1u << JP_REMOTE_REMOTE;
	} else {
		const cJSON *city;
		g_autoptr(GStrvBuilder) cities = g_strv_builder_new();

		cJSON_ArrayForEach (city, cJSON_GetObjectItem(o, "cities"))
			g_strv_builder_add(cities, city->valuestring);
		g_strfreev(s->locations);
		s->locations = g_strv_builder_end(cities);
		if (strcmp(remote, "ok") == 0)
			s->remote_mask = (1u << JP_N_REMOTE) - 2;
	}
	s->min_score = 0;
	if (!jp_search_check(s, &error))
		exit(jp_fail(error));
	return s;
}

static jp_posting *
posting_of(const cJSON *o)
{
	jp_posting *p = jp_posting_new();
	gboolean is_remote = FALSE;

	jp_json_int(o, "id", &p->id);
	p->title = g_strdup(jp_json_text(o, "title"));
	p->company = g_strdup(jp_json_text(o, "company"));
	p->description = g_strdup(jp_json_text(o, "text"));
	p->level = level_of(jp_json_text(o, "level"));
	jp_json_bool(o, "remote", &is_remote);
	jp_posting_add_place(p, jp_json_text(o, "city"));
	p->remote = is_remote ? JP_REMOTE_REMOTE : JP_REMOTE_ONSITE;
	for (guint i = 0; is_remote && i < p->locations->len; i++) {
		jp_location *l = g_ptr_array_index(p->locations, i);

		g_clear_pointer(&l->country, g_free);
	}
	return p;
}

/* ---- the index -------------------------------------------------------------------------- */

static double
heap_bytes(void)
{
	struct mallinfo2 m = mallinfo2();

	return (double)m.uordblks + (double)m.hblkhd;
}

static double
resident_mib(void)
{
	g_autofree char *text = NULL;
	char *p;

	if (!g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
		return 0;
	p = strchr(text, ' ');
	return (double)g_ascii_strtoll(p, NULL, 10) * (double)sysconf(_SC_PAGESIZE) / JP_MIB;
}

static jp_matcher *
compile(const GPtrArray *searches)
{
	jp_matcher *m = jp_matcher_new(0, 0);
	double before = heap_bytes();
	gint64 began = jp_monotonic_us();
	g_autoptr(jp_posting) none = jp_posting_new();
	g_autoptr(jp_doc) d = jp_doc_new();

	for (guint i = 0; i < searches->len; i++) {
		g_autoptr(GError) error = NULL;

		if (!jp_matcher_add(m, g_ptr_array_index(searches, i), &error))
			exit(jp_fail(error));
	}
	none->title = g_strdup("");
	jp_doc_set(d, none, NOW);
	jp_matcher_run(m, d, NOW, NULL, NULL); /* files them */
	tell("compile", ms_since(began), "ms");
	tell("memory of a search", (heap_bytes() - before) / searches->len, "bytes");
	return m;
}

static void
ignore_hit(const jp_hit *h, gpointer data)
{
	*(guint64 *)data += (guint64)h->score;
}

static guint64
run_all(jp_matcher *m, const GPtrArray *postings, jp_matcher_each each, gpointer data)
{
	g_autoptr(jp_doc) d = jp_doc_new();
	guint64 pairs = 0;

	for (guint i = 0; i < postings->len; i++) {
		jp_doc_set(d, g_ptr_array_index(postings, i), NOW);
		pairs += jp_matcher_run(m, d, NOW, each, data);
	}
	return pairs;
}

static void
bench_index(jp_matcher *m, const GPtrArray *postings, gboolean with_reasons)
{
	gint64 began = jp_monotonic_us();
	guint64 pairs = run_all(m, postings, NULL, NULL);
	double ms = ms_since(began);
	guint64 scores = 0;

	tell("index", ms, "ms");
	tell("index, speed", postings->len / ms * 1000, "postings/s");
	tell("pairs", (double)pairs, "pairs");
	tell("index, a pair", ms * 1000 / (double)MAX(pairs, 1), "us");
	if (!with_reasons)
		return;
	began = jp_monotonic_us();
	run_all(m, postings, ignore_hit, &scores);
	tell("index with reasons", ms_since(began), "ms");
}

/* ---- the plain loop: every search over every posting ------------------------------------ */

/* The tokens of the rule, each with a blank before and after: " senior rust engineer ". */
static char *
plain_tokens(const char *text)
{
	GString *s = g_string_new(" ");

	for (; *text; text++) {
		if (g_ascii_isalnum(*text))
			g_string_append_c(s, g_ascii_tolower(*text));
		else if (s->str[s->len - 1] != ' ')
			g_string_append_c(s, ' ');
	}
	if (s->str[s->len - 1] != ' ')
		g_string_append_c(s, ' ');
	return g_string_free(s, FALSE);
}

static guint
plain_count(const char *tokens, const cJSON *terms)
{
	const cJSON *term;
	guint n = 0;

	cJSON_ArrayForEach (term, terms) {
		g_autofree char *spaced = g_strdup_printf(" %s ", term->valuestring);

		n += strstr(tokens, spaced) != NULL;
	}
	return n;
}

static gboolean
plain_among(const cJSON *list, const char *value)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list)
		if (strcmp(item->valuestring, value) == 0)
			return TRUE;
	return FALSE;
}

/* The rule of the generator, as its head says it. */
static gboolean
plain_matches(const cJSON *s, const cJSON *p, const char *tokens)
{
	const cJSON *all = cJSON_GetObjectItem(s, "all");
	const cJSON *any = cJSON_GetObjectItem(s, "any");
	const cJSON *levels = cJSON_GetObjectItem(s, "levels");
	const cJSON *cities = cJSON_GetObjectItem(s, "cities");
	const char *remote = jp_json_text(s, "remote");
	gboolean is_remote = FALSE, in_city;

	jp_json_bool(p, "remote", &is_remote);
	in_city = plain_among(cities, jp_json_text(p, "city")) || !cJSON_GetArraySize(cities);
	if (cJSON_GetArraySize(levels) && !plain_among(levels, jp_json_text(p, "level")))
		return FALSE;
	if (strcmp(remote, "only") == 0 ? !is_remote
					: !(in_city || (is_remote && strcmp(remote, "ok") == 0)))
		return FALSE;
	return plain_count(tokens, all) == (guint)cJSON_GetArraySize(all) &&
	    (!cJSON_GetArraySize(any) || plain_count(tokens, any)) &&
	    !plain_count(tokens, cJSON_GetObjectItem(s, "none"));
}

static guint64
bench_plain(const GPtrArray *subscribers, const GPtrArray *postings, guint sample)
{
	gint64 began = jp_monotonic_us();
	guint64 pairs = 0;

	for (guint i = 0; i < postings->len; i++) {
		const cJSON *p = g_ptr_array_index(postings, i);
		g_autofree char *text =
		    g_strconcat(jp_json_text(p, "title"), "\n", jp_json_text(p, "text"), NULL);
		g_autofree char *tokens = plain_tokens(text);

		for (guint k = 0; k < sample; k++)
			pairs += plain_matches(g_ptr_array_index(subscribers, k), p, tokens);
	}
	tell("plain loop (peer), for as many searches", ms_since(began) * subscribers->len / sample,
	    "ms");
	return pairs;
}

/* The index finds what the plain loop finds, or the bench fails. */
static void
check_sample(const GPtrArray *searches, const GPtrArray *subscribers, const GPtrArray *lines,
    const GPtrArray *postings)
{
	g_autoptr(jp_matcher) m = jp_matcher_new(0, 0);
	guint sample = MIN(SAMPLE, searches->len);
	guint64 plain, ours;

	for (guint i = 0; i < sample; i++)
		jp_matcher_add(m, g_ptr_array_index(searches, i), NULL);
	ours = run_all(m, postings, NULL, NULL);
	plain = bench_plain(subscribers, lines, sample);
	if (ours != plain)
		jp_die(JP_ERROR_BUG,
		    "the index finds %" G_GUINT64_FORMAT " pairs, the rule %" G_GUINT64_FORMAT,
		    ours, plain);
}

/* ---- FTS5: the batch as a table, a query a search --------------------------------------- */

static void
must(sqlite3 *db, int rc)
{
	if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
		jp_die(JP_ERROR_BUG, "SQLite: %s", sqlite3_errmsg(db));
}

static sqlite3 *
fts_fill(const GPtrArray *postings)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *add = NULL;

	must(db, sqlite3_open(":memory:", &db));
	must(db,
	    sqlite3_exec(db,
		"CREATE VIRTUAL TABLE p USING fts5(text, city UNINDEXED, remote UNINDEXED, "
		"level UNINDEXED); BEGIN",
		NULL, NULL, NULL));
	must(db, sqlite3_prepare_v2(db, "INSERT INTO p VALUES (?, ?, ?, ?)", -1, &add, NULL));
	for (guint i = 0; i < postings->len; i++) {
		const cJSON *p = g_ptr_array_index(postings, i);
		g_autofree char *text =
		    g_strconcat(jp_json_text(p, "title"), "\n", jp_json_text(p, "text"), NULL);
		gboolean is_remote = FALSE;

		jp_json_bool(p, "remote", &is_remote);
		sqlite3_bind_text(add, 1, text, -1, SQLITE_TRANSIENT);
		sqlite3_bind_text(add, 2, jp_json_text(p, "city"), -1, SQLITE_TRANSIENT);
		sqlite3_bind_int(add, 3, is_remote);
		sqlite3_bind_text(add, 4, jp_json_text(p, "level"), -1, SQLITE_TRANSIENT);
		must(db, sqlite3_step(add));
		sqlite3_reset(add);
	}
	sqlite3_finalize(add);
	must(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
	return db;
}

static char *
fts_terms(const cJSON *s, const char *key, const char *joint)
{
	GString *q = g_string_new(NULL);
	const cJSON *term;

	cJSON_ArrayForEach (term, cJSON_GetObjectItem(s, key))
		g_string_append_printf(q, "%s\"%s\"", q->len ? joint : "", term->valuestring);
	return g_string_free(q, FALSE);
}

static char *
fts_query(const cJSON *s)
{
	g_autofree char *all = fts_terms(s, "all", " AND ");
	g_autofree char *any = fts_terms(s, "any", " OR ");
	g_autofree char *none = fts_terms(s, "none", " OR ");
	GString *q = g_string_new(NULL);

	g_string_append_printf(q, "(%s%s%s%s%s)", all, *all && *any ? " AND " : "", *any ? "(" : "",
	    any, *any ? ")" : "");
	if (*none)
		g_string_append_printf(q, " NOT (%s)", none);
	return g_string_free(q, FALSE);
}

static void
bench_fts(const GPtrArray *subscribers, const GPtrArray *postings, guint64 expected)
{
	static const char sql[] =
	    "SELECT count(*) FROM p WHERE p MATCH ?1 "
	    "AND (?2 = '[]' OR level IN (SELECT value FROM json_each(?2))) "
	    "AND CASE ?4 WHEN 'only' THEN remote ELSE ?3 = '[]' OR (?4 = 'ok' AND remote) OR "
	    "city IN (SELECT value FROM json_each(?3)) END";
	gint64 began = jp_monotonic_us();
	sqlite3 *db = fts_fill(postings);
	sqlite3_stmt *ask = NULL;
	guint64 pairs = 0;

	must(db, sqlite3_prepare_v2(db, sql, -1, &ask, NULL));
	for (guint i = 0; i < subscribers->len; i++) {
		const cJSON *s = g_ptr_array_index(subscribers, i);
		g_autofree char *query = fts_query(s);
		g_autofree char *levels = jp_json_line(cJSON_GetObjectItem(s, "levels"));
		g_autofree char *cities = jp_json_line(cJSON_GetObjectItem(s, "cities"));

		sqlite3_bind_text(ask, 1, query, -1, SQLITE_STATIC);
		sqlite3_bind_text(ask, 2, levels, -1, SQLITE_STATIC);
		sqlite3_bind_text(ask, 3, cities, -1, SQLITE_STATIC);
		sqlite3_bind_text(ask, 4, jp_json_text(s, "remote"), -1, SQLITE_TRANSIENT);
		must(db, sqlite3_step(ask));
		pairs += (guint64)sqlite3_column_int64(ask, 0);
		sqlite3_reset(ask);
	}
	sqlite3_finalize(ask);
	sqlite3_close(db);
	tell("FTS5, a query a search (peer)", ms_since(began), "ms");
	if (pairs != expected)
		jp_die(JP_ERROR_BUG,
		    "FTS5 finds %" G_GUINT64_FORMAT " pairs, the index %" G_GUINT64_FORMAT, pairs,
		    expected);
}

/* ---- the program ------------------------------------------------------------------------ */

static GPtrArray *
map(const GPtrArray *lines, gpointer (*f)(const cJSON *), GDestroyNotify free_item)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(free_item);

	for (guint i = 0; i < lines->len; i++)
		g_ptr_array_add(list, f(g_ptr_array_index(lines, i)));
	return list;
}

static gpointer
make_search(const cJSON *o)
{
	return search_of(o);
}

static gpointer
make_posting(const cJSON *o)
{
	return posting_of(o);
}

int
main(int argc, char **argv)
{
	g_autoptr(GPtrArray) subscribers = NULL, lines = NULL, searches = NULL, postings = NULL;
	g_autoptr(jp_matcher) m = NULL;
	struct rusage used;
	double before;

	jp_init("match");
	if (argc < 3)
		jp_die(JP_ERROR_USAGE, "usage: match SUBSCRIBERS POSTINGS [alone]");
	subscribers = read_lines(argv[1]);
	lines = read_lines(argv[2]);
	prefix = g_strdup_printf("match %ux%u", subscribers->len, lines->len);
	postings = map(lines, make_posting, (GDestroyNotify)jp_posting_free);
	searches = map(subscribers, make_search, (GDestroyNotify)jp_search_free);
	before = resident_mib();
	m = compile(searches);
	tell("memory of all searches", resident_mib() - before, "MiB");
	bench_index(m, postings, argc == 3);
	if (argc == 3) {
		check_sample(searches, subscribers, lines, postings);
		bench_fts(subscribers, lines, run_all(m, postings, NULL, NULL));
	}
	getrusage(RUSAGE_SELF, &used);
	tell("peak, the workload in it", (double)used.ru_maxrss / 1024, "MiB");
	g_free(prefix);
	return jp_finish(0);
}
