/*
 * The reverse index against a plain evaluation of every search over every posting, written here
 * anew: thousands of random searches and postings, the same hits.  Beside it what a score and its
 * reasons promise whatever the input is.
 */
#include <string.h>

#include "match/internal.h"

#define NOW G_GINT64_CONSTANT(1790000000000)

/* ---- random searches and postings ------------------------------------------------------- */

static const char *const vocabulary[] = {"rust", "go", "engineer", "engineers", "engineering",
    "data", "science", "scientist", "lead", "c++", "node", "entwickler", "entwicklung", "design",
    "designer", "cloud"};
static const char *const skills[] = {"kubernetes", "python", "react"};
static const char *const companies[] = {"Fjordlight GmbH", "Acorn & Sons Ltd", "Quay 7"};
static const char *const languages[] = {NULL, "en", "de", "fr", "pl"};
static const struct {
	const char *text, *city, *country;
} places[] = {
    {"Berlin, Germany", "Berlin", "DE"},
    {"Hamburg, Germany", "Hamburg", "DE"},
    {"Paris, France", "Paris", "FR"},
    {"Germany", NULL, "DE"},
    {"France", NULL, "FR"},
};

static guint
below(GRand *r, guint n)
{
	return (guint)g_rand_int_range(r, 0, (gint32)n);
}

#define PICK(r, list) ((list)[below((r), G_N_ELEMENTS(list))])

static char *
random_words(GRand *r, guint n)
{
	GString *s = g_string_new(NULL);

	while (n--)
		g_string_append_printf(s, "%s%s", PICK(r, vocabulary), n ? " " : "");
	return g_string_free(s, FALSE);
}

static jp_posting *
random_posting(GRand *r)
{
	static const char *const currencies[] = {"EUR", "USD", ""};
	jp_posting *p = jp_posting_new();

	p->title = random_words(r, 1 + below(r, 4));
	p->description = random_words(r, below(r, 12));
	p->department = below(r, 3) ? NULL : random_words(r, 1);
	p->company = g_strdup(PICK(r, companies));
	p->language = g_strdup(PICK(r, languages));
	p->level = (jp_level)below(r, JP_N_LEVEL);
	p->remote = (jp_remote)below(r, JP_N_REMOTE);
	p->employment = (jp_employment)below(r, JP_N_EMPLOYMENT);
	if (below(r, 2)) {
		p->salary_min = (gint64)below(r, 3) * 30000 * 1000000;
		p->salary_max = p->salary_min + (gint64)below(r, 3) * 20000 * 1000000;
		p->salary_period = (jp_period)below(r, 6);
		g_strlcpy(p->salary_currency, PICK(r, currencies), 4);
	}
	p->posted_at = below(r, 2) ? NOW - (gint64)below(r, 60) * JP_DAY : 0;
	for (guint n = below(r, 3); n > 0; n--) {
		guint i = below(r, G_N_ELEMENTS(places));

		jp_posting_add_location(p, places[i].text, places[i].city, NULL, places[i].country);
	}
	for (guint i = 0; i < G_N_ELEMENTS(skills); i++)
		if (!below(r, 3))
			g_ptr_array_add(p->skills, g_strdup(skills[i]));
	return p;
}

static void
random_query(GRand *r, GString *out, int depth)
{
	static const char *const prefixes[] = {"", "", "", "title:", "company:"};
	guint kind = depth ? below(r, 7) : below(r, 4);

	if (kind == 0) {
		g_string_append_printf(out, "skill:%s", PICK(r, skills));
	} else if (kind <= 3) {
		g_autofree char *words =
		    random_words(r, 1 + (below(r, 4) == 0) + (below(r, 8) == 0));
		const char *prefix = PICK(r, prefixes);

		g_string_append_printf(out, "%s%s\"%s\"", prefix, below(r, 4) ? "" : "=",
		    *prefix == 'c' ? "acorn sons" : words);
	} else if (kind == 4) {
		g_string_append(out, "NOT (");
		random_query(r, out, depth - 1);
		g_string_append_c(out, ')');
	} else {
		g_string_append_c(out, '(');
		for (guint n = 2 + below(r, 2); n > 0; n--) {
			random_query(r, out, depth - 1);
			if (n > 1)
				g_string_append(out, kind == 5 ? " AND " : " OR ");
		}
		g_string_append_c(out, ')');
	}
}

/* A vector of one or two random things, seldom; else the empty one it was. */
static void
random_list(GRand *r, char ***list, const char *const *from, guint n)
{
	g_autoptr(GStrvBuilder) b = g_strv_builder_new();

	if (below(r, 3))
		return;
	for (guint k = 1 + below(r, 2); k > 0; k--)
		g_strv_builder_add(b, from[below(r, n)]);
	g_strfreev(*list);
	*list = g_strv_builder_end(b);
}

static void
random_filters(GRand *r, jp_search *s)
{
	static const char *const place_names[] = {
	    "Berlin, Germany", "Hamburg, Germany", "Paris, France", "Germany", "France"};
	static const char *const codes[] = {"de", "en"};

	random_list(r, &s->locations, place_names, G_N_ELEMENTS(place_names));
	random_list(r, &s->languages, codes, G_N_ELEMENTS(codes));
	if (!below(r, 4))
		random_list(r, &s->companies_in, companies, G_N_ELEMENTS(companies));
	if (!below(r, 4))
		random_list(r, &s->companies_out, companies, G_N_ELEMENTS(companies));
	if (!below(r, 3))
		s->remote_mask = 2 * below(r, 1u << (JP_N_REMOTE - 1));
	if (!below(r, 3))
		s->level_mask = 2 * below(r, 1u << (JP_N_LEVEL - 1));
	if (!below(r, 4))
		s->employment_mask = 2 * below(r, 1u << (JP_N_EMPLOYMENT - 1));
	if (!below(r, 3))
		s->max_age = (gint64)(1 + below(r, 60)) * JP_DAY;
	if (!below(r, 3)) {
		s->salary_min = (gint64)(1 + below(r, 80000)) * 1000000;
		s->salary_period = (jp_period)(1 + below(r, 5));
		g_strlcpy(s->salary_currency, "EUR", 4);
	}
}

static jp_search *
random_search(GRand *r, gint64 id)
{
	jp_search *s = jp_search_new();
	g_autoptr(GString) query = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	s->id = id;
	g_free(s->name);
	s->name = g_strdup("x");
	if (below(r, 5))
		random_query(r, query, 3);
	if (query->len > JP_MAX_QUERY)
		g_string_truncate(query, 0);
	g_free(s->query);
	s->query = g_strdup(query->str);
	random_list(r, &s->titles, vocabulary, G_N_ELEMENTS(vocabulary));
	random_list(r, &s->skills, skills, G_N_ELEMENTS(skills));
	random_filters(r, s);
	s->min_score = 0;
	if (!jp_search_check(s, &error))
		g_error("%s: %s", s->query, error->message);
	return s;
}

/* ---- the plain evaluation --------------------------------------------------------------- */

struct plain {
	jp_stemmer *stemmer;
	const jp_search *s;
	const jp_posting *p;
};

static gboolean
plain_word_eq(const struct plain *x, const char *token, const char *word, gboolean is_exact)
{
	g_autofree char *stem = NULL;
	const char *const *codes =
	    x->s->languages[0] ? (const char *const *)x->s->languages : jp_stem_languages();

	if (strcmp(token, word) == 0)
		return TRUE;
	if (is_exact)
		return FALSE;
	stem = g_strdup(jp_stem(x->stemmer, x->p->language, token));
	for (guint i = 0; codes[i]; i++)
		if (strcmp(stem, jp_stem(x->stemmer, codes[i], word)) == 0)
			return TRUE;
	return FALSE;
}

static gboolean
plain_has(const struct plain *x, const char *text, char **words, gboolean is_exact)
{
	g_auto(GStrv) tokens = jp_words_of(text ? text : "");
	guint n = tokens ? g_strv_length(tokens) : 0, m = g_strv_length(words);

	for (guint i = 0; i + m <= n; i++) {
		guint k = 0;

		while (k < m && plain_word_eq(x, tokens[i + k], words[k], is_exact))
			k++;
		if (k == m)
			return TRUE;
	}
	return FALSE;
}

static gboolean
plain_skill(const struct plain *x, const char *name)
{
	for (guint i = 0; i < x->p->skills->len; i++)
		if (strcmp(g_ptr_array_index(x->p->skills, i), name) == 0)
			return TRUE;
	return FALSE;
}

static gboolean
plain_node(const struct plain *x, const jp_node *n)
{
	gboolean any = FALSE, all = TRUE;

	for (guint i = 0; n->children && i < n->children->len; i++) {
		gboolean holds = plain_node(x, g_ptr_array_index(n->children, i));

		any = any || holds;
		all = all && holds;
	}
	switch (n->kind) {
	case JP_NODE_AND:
		return all;
	case JP_NODE_OR:
		return any;
	case JP_NODE_NOT:
		return !any;
	case JP_NODE_TERM:
		break;
	}
	switch (n->field) {
	case JP_FIELD_TITLE:
		return plain_has(x, x->p->title, n->words, n->is_exact);
	case JP_FIELD_COMPANY:
		return plain_has(x, x->p->company, n->words, n->is_exact);
	case JP_FIELD_SKILL:
		return plain_skill(x, n->words[0]);
	case JP_FIELD_TEXT:
	case JP_FIELD_EMPLOYER:
		break;
	}
	return plain_has(x, x->p->title, n->words, n->is_exact) ||
	    plain_has(x, x->p->department, n->words, n->is_exact) ||
	    plain_has(x, x->p->description, n->words, n->is_exact);
}

static gboolean
plain_place(const struct plain *x)
{
	const jp_posting *p = x->p;

	for (guint i = 0; x->s->locations[i]; i++) {
		const char *wanted = x->s->locations[i];
		gboolean anywhere =
		    p->remote == JP_REMOTE_REMOTE && x->s->remote_mask & (1u << JP_REMOTE_REMOTE);
		const char *country = strstr(wanted, "Germany") ? "DE" : "FR";

		if (anywhere && !p->locations->len)
			return TRUE;
		for (guint k = 0; k < p->locations->len; k++) {
			const jp_location *l = g_ptr_array_index(p->locations, k);
			gboolean same = g_str_equal(l->country, country);

			if (same && (anywhere || !strchr(wanted, ',')))
				return TRUE;
			if (same && l->city && g_str_has_prefix(wanted, l->city))
				return TRUE;
		}
	}
	return !x->s->locations[0];
}

static gboolean
plain_sets(const struct plain *x)
{
	const jp_posting *p = x->p;
	guint remote = p->remote ? p->remote : JP_REMOTE_ONSITE;

	return (!x->s->remote_mask || x->s->remote_mask >> remote & 1) &&
	    (!x->s->level_mask || !p->level || x->s->level_mask >> p->level & 1) &&
	    (!x->s->employment_mask || !p->employment ||
		x->s->employment_mask >> p->employment & 1);
}

static gboolean
plain_salary(const struct plain *x)
{
	static const gint64 a_year[] = {0, 2080, 260, 52, 12, 1};
	const jp_posting *p = x->p;
	gint64 most = MAX(p->salary_min, p->salary_max);

	if (!x->s->salary_min || !most || !p->salary_period ||
	    strcmp(p->salary_currency, x->s->salary_currency) != 0)
		return TRUE;
	return most * a_year[p->salary_period] >= x->s->salary_min * a_year[x->s->salary_period];
}

static gboolean
plain_lists(const struct plain *x)
{
	const jp_search *s = x->s;
	const char *const *in = (const char *const *)s->companies_in;
	const char *const *out = (const char *const *)s->companies_out;
	gboolean title = !s->titles[0], skill = !s->skills[0];

	for (guint i = 0; s->titles[i]; i++) {
		char *one[] = {s->titles[i], NULL};

		title = title || plain_has(x, x->p->title, one, FALSE);
	}
	for (guint i = 0; s->skills[i]; i++)
		skill = skill || plain_skill(x, s->skills[i]);
	return title && skill && (!*in || g_strv_contains(in, x->p->company)) &&
	    !g_strv_contains(out, x->p->company);
}

static gboolean
plain_matches(jp_stemmer *stemmer, const jp_search *s, const jp_posting *p, gint64 first_seen)
{
	const struct plain x = {.stemmer = stemmer, .s = s, .p = p};
	g_autoptr(jp_query) q = jp_query_parse(s->query, NULL);
	gint64 age = NOW - (p->posted_at ? p->posted_at : first_seen);

	if (s->languages[0] && p->language &&
	    !g_strv_contains((const char *const *)s->languages, p->language))
		return FALSE;
	return plain_sets(&x) && plain_place(&x) && plain_salary(&x) && plain_lists(&x) &&
	    age <= (s->max_age ? s->max_age : 40 * JP_DAY) && (!q->root || plain_node(&x, q->root));
}

/* ---- the comparison --------------------------------------------------------------------- */

static void
check_reasons(const jp_hit *h)
{
	int sum = 0;

	for (guint i = 0; i < h->reasons->len; i++) {
		const jp_reason *r = g_ptr_array_index(h->reasons, i);

		g_assert_true(r->ok);
		g_assert_cmpint(r->points, >=, 0);
		g_assert_cmpint(strlen(r->what), >, 0);
		sum += r->points;
	}
	g_assert_cmpint(sum, ==, h->score);
	g_assert_cmpint(h->score, >=, 0);
	g_assert_cmpint(h->score, <=, 100);
}

static void
note_hit(const jp_hit *h, gpointer data)
{
	GHashTable *hits = data;

	check_reasons(h);
	g_assert_true(g_hash_table_insert(
	    hits, GINT_TO_POINTER((int)h->search_id), GINT_TO_POINTER(h->score + 1)));
}

/* The explanation agrees with the run, and says why not. */
static void
check_explained(const jp_search *s, const jp_doc *d, int score)
{
	g_autoptr(GError) error = NULL;
	jp_hit *h = NULL;
	gboolean matches = jp_match_explain(s, d, 0, 40 * JP_DAY, NOW, &h, &error);
	guint n_failed = 0;

	g_assert_no_error(error);
	for (guint i = 0; i < h->reasons->len; i++)
		n_failed += !((jp_reason *)g_ptr_array_index(h->reasons, i))->ok;
	g_assert_true(matches == (score >= 0));
	if (matches != (n_failed == 0)) {
		g_autoptr(cJSON) reasons = jp_reasons_to_json(h->reasons);
		g_autofree char *text = jp_json_line(reasons);

		g_error("search %s: matches %d, %s", s->query, matches, text);
	}
	if (matches)
		g_assert_cmpint(h->score, ==, score);
	jp_hit_free(h);
}

static void
compare(GRand *r, GPtrArray *searches, jp_matcher *m, jp_stemmer *stemmer, jp_doc *d, guint *n_hits)
{
	g_autoptr(jp_posting) p = random_posting(r);
	g_autoptr(GHashTable) hits = g_hash_table_new(NULL, NULL);
	gint64 first_seen = NOW - (gint64)below(r, 50) * JP_DAY;
	guint n;

	jp_doc_set(d, p, first_seen);
	n = jp_matcher_run(m, d, NOW, note_hit, hits);
	g_assert_cmpuint(n, ==, g_hash_table_size(hits));
	*n_hits += n;
	for (guint i = 0; i < searches->len; i++) {
		const jp_search *s = g_ptr_array_index(searches, i);
		int score =
		    GPOINTER_TO_INT(g_hash_table_lookup(hits, GINT_TO_POINTER((int)s->id))) - 1;

		if (plain_matches(stemmer, s, p, first_seen) != (score >= 0)) {
			g_autoptr(cJSON) o = jp_search_to_json(s);
			g_autofree char *text = jp_json_line(o);

			g_error("search %s\ntitle %s, text %s, score %d", text, p->title,
			    p->description, score);
		}
		if (i % 16 == 0)
			check_explained(s, d, score);
	}
}

static void
compare_seed(guint32 seed, guint n_searches, guint n_postings)
{
	g_autoptr(GRand) r = g_rand_new_with_seed(seed);
	g_autoptr(GPtrArray) searches =
	    g_ptr_array_new_with_free_func((GDestroyNotify)jp_search_free);
	g_autoptr(jp_matcher) m = jp_matcher_new(0, 40 * JP_DAY);
	g_autoptr(jp_stemmer) stemmer = jp_stemmer_new();
	g_autoptr(jp_doc) d = jp_doc_new();
	guint n_hits = 0;

	for (guint i = 0; i < n_searches; i++) {
		g_autoptr(GError) error = NULL;

		g_ptr_array_add(searches, random_search(r, i + 1));
		jp_matcher_add(m, g_ptr_array_index(searches, i), &error);
		g_assert_no_error(error);
	}
	g_assert_cmpuint(jp_matcher_size(m), ==, n_searches);
	/* More than after which the index files its searches anew. */
	for (guint i = 0; i < n_postings; i++)
		compare(r, searches, m, stemmer, d, &n_hits);
	g_assert_cmpuint(n_hits, >, n_postings);
}

static void
test_same_as_plain(void)
{
	guint n = *(g_getenv("JP_SOAK") ? g_getenv("JP_SOAK") : "") ? 60 : 4;

	for (guint32 seed = 1; seed <= n; seed++)
		compare_seed(seed, 1000, 80);
}

/* Searches that come after postings were run are in the index, too. */
static void
test_added_later(void)
{
	g_autoptr(GRand) r = g_rand_new_with_seed(5);
	g_autoptr(jp_matcher) m = jp_matcher_new(0, 0);
	g_autoptr(jp_posting) p = random_posting(r);
	g_autoptr(jp_doc) d = jp_doc_new();

	jp_doc_set(d, p, NOW);
	for (guint i = 0; i < 3; i++) {
		g_autoptr(jp_search) s = jp_search_new();
		g_autoptr(GError) error = NULL;

		g_free(s->query);
		s->query = g_strdup_printf("\"%s\"", p->title);
		g_assert_true(jp_matcher_add(m, s, &error));
		g_assert_cmpuint(jp_matcher_run(m, d, NOW, NULL, NULL), ==, i + 1);
	}
}

static void
note_order(const jp_hit *h, gpointer data)
{
	gint64 *last = data;

	g_assert_cmpint(h->search_id, >, *last);
	*last = h->search_id;
}

static void
test_order(void)
{
	g_autoptr(GRand) r = g_rand_new_with_seed(6);
	g_autoptr(jp_matcher) m = jp_matcher_new(0, 0);
	g_autoptr(jp_doc) d = jp_doc_new();

	for (guint i = 0; i < 300; i++) {
		g_autoptr(jp_search) s = random_search(r, i + 1);
		g_autoptr(GError) error = NULL;

		g_assert_true(jp_matcher_add(m, s, &error));
	}
	for (guint i = 0; i < 50; i++) {
		g_autoptr(jp_posting) p = random_posting(r);
		gint64 last = 0;

		jp_doc_set(d, p, NOW);
		jp_matcher_run(m, d, NOW, note_order, &last);
	}
}

static void
test_unchecked(void)
{
	g_autoptr(jp_matcher) m = jp_matcher_new(0, 0);
	g_autoptr(jp_search) s = jp_search_new();
	g_autoptr(GError) error = NULL;

	g_free(s->query);
	s->query = g_strdup("(");
	g_assert_false(jp_matcher_add(m, s, &error));
	g_assert_error(error, JP_ERROR, JP_ERROR_DATA);
	g_assert_cmpuint(jp_matcher_size(m), ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/match/index/same-as-plain", test_same_as_plain);
	g_test_add_func("/match/index/added-later", test_added_later);
	g_test_add_func("/match/index/order", test_order);
	g_test_add_func("/match/index/unchecked", test_unchecked);
	return g_test_run();
}
