/*
 * find.c: the hits of a search through the full-text index are those of looking at every posting,
 * in the same order, over made-up postings and over recorded ones.
 */
#include "board/board.h"
#include "match/internal.h"
#include "recorded.h"
#include "tmpdb.h"

#define NOW G_GINT64_CONSTANT(1790000000000)

typedef struct fixture {
	tmpdb t;
	jp_db *db;
	gint64 board;
} fixture;

static void
set_up(fixture *f, gconstpointer data)
{
	const jp_board_spec spec = {.kind = "greenhouse", .token = "lantern"};
	gboolean is_new, is_changed;

	(void)data;
	f->db = tmpdb_open(&f->t);
	jp_db_begin(f->db, JP_TX_WRITE);
	f->board = jp_board_put(f->db, &spec, NOW, &is_new, &is_changed);
	jp_db_commit(f->db);
}

static void
tear_down(fixture *f, gconstpointer data)
{
	(void)data;
	tmpdb_close(&f->t);
}

static void
store(fixture *f, GPtrArray *list, gint64 now)
{
	jp_store_result result = {0};

	jp_db_begin(f->db, JP_TX_WRITE);
	jp_posting_store(f->db, f->board, list, NULL, JP_TRUST_COMPLETE, FALSE, now, &result);
	jp_db_commit(f->db);
	jp_store_result_clear(&result);
}

/* ---- the oracle: every posting is looked at -------------------------------------------------- */

struct scan {
	GPtrArray *lines; /* "score id" */
	gint64 id;
};

static void
note(const jp_hit *h, gpointer data)
{
	struct scan *s = data;

	g_ptr_array_add(s->lines, g_strdup_printf("%03d %09" G_GINT64_FORMAT, h->score, s->id));
}

static gint
by_text_down(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)b, *(const char *const *)a);
}

/* "score id" of the hits, the best first, a line each; n is told how many postings there are. */
static char *
scan_all(fixture *f, const jp_search *search, gint64 n)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(jp_matcher) m = jp_matcher_new(0, 0);
	g_autoptr(jp_doc) doc = jp_doc_new();
	g_autoptr(GError) error = NULL;
	struct scan s = {.lines = lines};

	g_assert_true(jp_matcher_add(m, search, &error));
	for (s.id = 1; s.id <= n; s.id++) {
		g_autoptr(jp_posting) p = jp_posting_load(f->db, s.id);

		if (!p)
			continue;
		jp_doc_set(doc, p, NOW);
		(void)jp_matcher_run(m, doc, NOW, note, &s);
	}
	g_ptr_array_sort(lines, by_text_down);
	g_ptr_array_add(lines, NULL);
	return g_strjoinv("\n", (char **)lines->pdata);
}

static char *
find(fixture *f, const jp_search *search, const jp_find *how)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) found = jp_find_run(f->db, search, how, NOW, &error);
	GString *out = g_string_new(NULL);

	g_assert_no_error(error);
	for (guint i = 0; i < found->len; i++) {
		const jp_found *x = g_ptr_array_index(found, i);

		g_string_append_printf(out, "%s%03d %09" G_GINT64_FORMAT, i ? "\n" : "",
		    x->hit->score, x->posting->id);
	}
	return g_string_free(out, FALSE);
}

static jp_search *
search_of(const char *json)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *whole = g_strdup_printf("{\"name\": \"x\"%s%s}", *json ? ", " : "", json);
	g_autoptr(cJSON) o = jp_json_parse(whole, strlen(whole), &error);
	g_autoptr(jp_search) s = jp_search_new();

	g_assert_no_error(error);
	jp_search_from_json(s, o, &error);
	g_assert_no_error(error);
	jp_search_check(s, &error);
	g_assert_no_error(error);
	return g_steal_pointer(&s);
}

static jp_search *
search_of_query(const char *query)
{
	jp_search *s = search_of("");

	g_free(s->query);
	s->query = g_strdup(query);
	return s;
}

/* Both ways agree; gives the number of hits. */
static guint
compare(fixture *f, const jp_search *s, gint64 n_postings)
{
	const jp_find everything = {.closed_too = TRUE};
	g_autofree char *want = scan_all(f, s, n_postings);
	g_autofree char *got = find(f, s, &everything);
	guint n = *got ? 1 : 0;

	g_test_message("%s", s->query);
	g_assert_cmpstr(got, ==, want);
	for (const char *p = got; *p; p++)
		n += *p == '\n';
	return n;
}

/* ---- postings -------------------------------------------------------------------------------- */

static const struct sample {
	const char *title, *company, *text, *language;
} samples[] = {
    {"Senior C++ Engineer", "Fjordlight GmbH", "Machine learning in C++ and Rust.", "en"},
    {"C developer", "Lantern Works", "Plain C, no C#. Node.js helps.", "en"},
    {".NET Entwickler", "Bergbach AG", "Wir bauen Häuser aus Holz. Kubernetes.", "de"},
    {"Infirmière de nuit", "Clinique du Val", "Des nuits calmes à Genève.", "fr"},
    {"Nurse, night shifts", "Fjordlight GmbH", "Learning machines; caring for people.", "en"},
    {"Engineering manager", "AND OR NOT", "NEAR the lake: \"quoted\" words, data* col:x", "en"},
    {"Fullstack engineers", "Lantern Works", "K8s, React, TypeScript and PostgreSQL.", "en"},
    {"Zimmermann", "Holz & Söhne", "Zürich. Häusern, haus, HÄUSER.", "de"},
    {"Welder", "Rivet", "", NULL},
    {"Data engineer", "Straße Nord", "engineer engineer engineer data-driven", "en"},
};

static void
store_samples(fixture *f, gint64 now)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)jp_posting_free);

	for (guint i = 0; i < G_N_ELEMENTS(samples); i++) {
		g_autoptr(GError) error = NULL;
		jp_posting *p = jp_posting_new();

		p->external_id = g_strdup_printf("%u", i);
		p->title = g_strdup(samples[i].title);
		p->company = g_strdup(samples[i].company);
		p->description = g_strdup(samples[i].text);
		p->language = g_strdup(samples[i].language);
		p->url = g_strdup_printf("https://jobs.example.org/%u", i);
		jp_posting_normalise(p, NULL, &error);
		g_assert_no_error(error);
		g_ptr_array_add(list, p);
	}
	store(f, list, now);
}

static const struct {
	const char *query;
	guint n_hits;
} queries[] = {
    {"", 10},
    {"engineer", 4},
    {"engineers", 4},
    {"=engineers", 1},
    {"\"machine learning\"", 1},
    {"machine learning", 2},
    {"c++", 1},
    {"c", 1},
    {"c#", 1},
    {".net", 1},
    {"node.js", 1},
    {"haus", 2},
    {"Häuser", 2},
    {"zurich", 1},
    {"strasse", 0},
    {"company:strasse", 1},
    {"company:fjordlight", 2},
    {"title:engineer", 4},
    {"title:learning", 0},
    {"skill:kubernetes", 2},
    {"skill:k8s -react", 1},
    {"-engineer", 6},
    {"engineer -manager", 3},
    {"nurse OR welder", 2},
    {"nurse OR -engineer", 6},
    {"(nurse OR infirmiere) (night OR nuit)", 2},
    {"\"AND\" \"OR\"", 0},
    {"company:\"and or not\"", 1},
    {"near", 1},
    {"\"NEAR(\"", 1},
    {"\"data* col:x\"", 1},
    {"xyzzy", 0},
    {"the OR \"aus holz\"", 2},
};

static void
test_queries(fixture *f, gconstpointer data)
{
	(void)data;
	store_samples(f, NOW);
	for (guint i = 0; i < G_N_ELEMENTS(queries); i++) {
		g_autoptr(jp_search) s = search_of_query(queries[i].query);

		g_assert_cmpuint(compare(f, s, 10), ==, queries[i].n_hits);
	}
}

/* The lists of a search are asked of the index too. */
static void
test_lists(fixture *f, gconstpointer data)
{
	static const struct {
		const char *json;
		guint n_hits;
	} cases[] = {
	    {"\"titles\": [\"engineer\"]", 4},
	    {"\"titles\": [\"engineer\", \"nurse\"], \"query\": \"learning\"", 2},
	    {"\"skills\": [\"kubernetes\", \"rust\"]", 3},
	    {"\"companies_in\": [\"Fjordlight\"]", 2},
	    {"\"companies_in\": [\"Rivet\", \"Holz & Söhne\"]", 2},
	    {"\"companies_out\": [\"Fjordlight\"], \"query\": \"engineer\"", 3},
	    {"\"languages\": [\"de\"], \"query\": \"haus\"", 2},
	    {"\"levels\": [\"senior\"]", 9}, /* one says so, one says another */
	};

	(void)data;
	store_samples(f, NOW);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(jp_search) s = search_of(cases[i].json);

		g_test_message("%s", cases[i].json);
		g_assert_cmpuint(compare(f, s, 10), ==, cases[i].n_hits);
	}
}

static void
test_closed(fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) none = g_ptr_array_new();
	g_autoptr(jp_search) s = search_of_query("engineer");
	g_autofree char *open = NULL, *all = NULL, *two = NULL;

	(void)data;
	store_samples(f, NOW - 3);
	store(f, none, NOW - 2);
	store(f, none, NOW - 1);
	open = find(f, s, &(jp_find){.closed_too = FALSE});
	g_assert_cmpstr(open, ==, "");
	all = find(f, s, &(jp_find){.closed_too = TRUE});
	two = find(f, s, &(jp_find){.closed_too = TRUE, .limit = 2});
	g_assert_true(g_str_has_prefix(all, two));
	g_assert_cmpuint(strlen(two), ==, strlen("100 000000001\n100 000000002"));
}

static void
test_refused(fixture *f, gconstpointer data)
{
	g_autoptr(jp_search) s = search_of_query("(engineer");
	g_autoptr(GError) error = NULL, other = NULL;

	(void)data;
	g_assert_null(jp_find_run(f->db, s, &(jp_find){0}, NOW, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
	g_free(s->query);
	s->query = g_strdup("engineer");
	jp_db_begin(f->db, JP_TX_WRITE);
	jp_db_exec(f->db, JP_SQL_TEXTINDEX_RESTART, JP_ARGS(JP_INT(0)));
	jp_db_commit(f->db);
	g_assert_null(jp_find_run(f->db, s, &(jp_find){0}, NOW, &other));
	g_assert_error(other, JP_ERROR, JP_ERROR_CONFIG);
	g_assert_nonnull(strstr(other->message, "jp-db reindex"));
}

/* More hits than are ranked: the newest are. */
static void
test_window(fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) list = g_ptr_array_new_with_free_func((GDestroyNotify)jp_posting_free);
	g_autoptr(jp_search) s = search_of_query("lamp -dark");
	g_autoptr(GPtrArray) found = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	for (guint i = 0; i < JP_FIND_WINDOW + 250; i++) {
		jp_posting *p = jp_posting_new();

		p->external_id = g_strdup_printf("%u", i);
		p->title = g_strdup(i < 100 ? "Lamp lamp lamp" : "Fitter");
		p->description =
		    g_strdup_printf("A %s lamp, number %u", i % 10 ? "bright" : "dark", i);
		p->url = g_strdup_printf("https://jobs.example.org/%u", i);
		jp_posting_normalise(p, "Rivet", &error);
		g_assert_no_error(error);
		g_ptr_array_add(list, p);
	}
	store(f, list, NOW);
	found = jp_find_run(f->db, s, &(jp_find){0}, NOW, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(found->len, ==, JP_FIND_WINDOW);
	/* 1,125 are bright; the 125 oldest are not looked at, the 90 with the word in the title
	 * among them. */
	for (guint i = 0; i < found->len; i++)
		g_assert_cmpint(((jp_found *)g_ptr_array_index(found, i))->posting->id, >, 125);
}

/* ---- recorded postings ----------------------------------------------------------------------- */

static gint64
store_recorded(fixture *f, const char *kind, const char *name)
{
	g_autofree char *body = recorded_read(name);
	g_autoptr(jp_listing) listing = jp_listing_new();
	g_autoptr(GError) error = NULL;

	if (!body)
		return 0;
	g_assert_true(
	    jp_board_parse(listing, kind, "x", "Recorded", body, strlen(body), NOW, &error));
	store(f, listing->postings, NOW);
	return listing->postings->len;
}

static void
test_recorded(fixture *f, gconstpointer data)
{
	static const char *const asked[] = {"engineer", "\"machine learning\" OR c++",
	    "sales -manager", "title:manager (berlin OR london)", "kubernetes go", "=engineering",
	    "skill:python", "entwickler OR engineer", "\"customer success\"", "-the",
	    "java -javascript", "company:recorded payments", "node.js OR .net OR c#",
	    "title:=senior \"work from home\"",
	    "data (analyst OR scientist OR engineer) -intern -junior", ""};
	gint64 n = 0;

	(void)data;
	n += store_recorded(f, "greenhouse", "boards/greenhouse/stripe.json");
	n += store_recorded(f, "lever", "boards/lever/matchgroup.json");
	n += store_recorded(f, "ashby", "boards/ashby/ramp-2026-08.json");
	if (!n) {
		g_test_skip("skipped: no recorded data");
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(asked); i++) {
		g_autoptr(jp_search) s = search_of_query(asked[i]);

		g_test_message("%s: %u", asked[i], compare(f, s, n));
	}
}

#define CASE(name, f) g_test_add("/match/find/" name, fixture, NULL, set_up, f, tear_down)

int
main(int argc, char **argv)
{
	jp_init("match-find");
	g_test_init(&argc, &argv, NULL);
	CASE("queries", test_queries);
	CASE("lists", test_lists);
	CASE("closed", test_closed);
	CASE("refused", test_refused);
	CASE("window", test_window);
	CASE("recorded", test_recorded);
	return g_test_run();
}
