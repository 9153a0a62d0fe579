/*
 * Finding stored postings: what a saved search asks for, asked now.  The full-text index gives
 * candidates, and the matcher decides about each as it does about a new posting; so a posting is
 * found exactly when a saved search of the same words would have picked it, on every engine, and
 * its score and reasons are the same.
 *
 * Candidates are what has a stem of every word that must be there, in any language, the newest
 * first.  Whatever an index of words cannot know (phrases, exact forms, what must not be there) is
 * left to the matcher.  Every word is quoted: nothing of a query is the engine's syntax.
 */
#include "match/internal.h"

#include <string.h>

/* Candidates that are read at once. */
#define PORTION 100

/* ---- the question to the index -----------------------------------------------------------------
 */

struct asking {
	jp_stemmer *stemmer;
	GString *out;
};

static void
add_lexeme(struct asking *a, const char *lexeme)
{
	g_string_append_printf(a->out, "\"%s\"", lexeme);
}

/* Any of the stems that the word has in one language or another. */
static void
add_word(struct asking *a, jp_lexeme_place place, const char *word)
{
	g_autoptr(GPtrArray) seen = g_ptr_array_new_with_free_func(g_free);
	const char *const *languages = jp_stem_languages();

	g_ptr_array_add(seen, jp_lexeme_of_stem(place, word)); /* in all other languages */
	for (guint i = 0; languages[i]; i++) {
		g_autofree char *lexeme =
		    jp_lexeme_of_stem(place, jp_stem(a->stemmer, languages[i], word));

		if (!g_ptr_array_find_with_equal_func(seen, lexeme, g_str_equal, NULL))
			g_ptr_array_add(seen, g_steal_pointer(&lexeme));
	}
	g_string_append_c(a->out, '(');
	for (guint i = 0; i < seen->len; i++) {
		g_string_append(a->out, i ? " OR " : "");
		add_lexeme(a, g_ptr_array_index(seen, i));
	}
	g_string_append_c(a->out, ')');
}

static void
add_words(struct asking *a, jp_lexeme_place place, char *const *words)
{
	for (guint i = 0; words[i]; i++) {
		g_string_append(a->out, i ? " AND " : "");
		add_word(a, place, words[i]);
	}
}

static void
add_skill(struct asking *a, char **words)
{
	g_autofree char *text = g_strjoinv(" ", words);
	const char *known = jp_skill_read(text);
	g_autofree char *lexeme = known ? jp_lexeme_of_skill(known) : NULL;

	if (known)
		add_lexeme(a, lexeme);
	else
		add_words(a, JP_LEXEME_TEXT, words);
}

static void
add_term(struct asking *a, const jp_node *n)
{
	switch (n->field) {
	case JP_FIELD_TEXT:
		add_words(a, JP_LEXEME_TEXT, n->words);
		return;
	case JP_FIELD_TITLE:
		add_words(a, JP_LEXEME_TITLE, n->words);
		return;
	case JP_FIELD_COMPANY:
	case JP_FIELD_EMPLOYER:
		add_words(a, JP_LEXEME_COMPANY, n->words);
		return;
	case JP_FIELD_SKILL:
		add_skill(a, n->words);
		return;
	}
}

/* TRUE when the index can tell what the node may hold for: some word must be there. */
static gboolean
is_askable(const jp_node *n)
{
	guint n_askable = 0;

	switch (n->kind) {
	case JP_NODE_TERM:
		return TRUE;
	case JP_NODE_NOT:
		return FALSE;
	case JP_NODE_AND:
	case JP_NODE_OR:
		break;
	}
	for (guint i = 0; i < n->children->len; i++)
		n_askable += is_askable(g_ptr_array_index(n->children, i)) ? 1 : 0;
	return n->kind == JP_NODE_AND ? n_askable > 0 : n_askable == n->children->len;
}

/* Appends a node that is askable. */
static void
add_node(struct asking *a, const jp_node *n)
{
	const char *between = "(";

	if (n->kind == JP_NODE_TERM) {
		g_string_append_c(a->out, '(');
		add_term(a, n);
		g_string_append_c(a->out, ')');
		return;
	}
	for (guint i = 0; i < n->children->len; i++) {
		const jp_node *child = g_ptr_array_index(n->children, i);

		if (!is_askable(child))
			continue;
		g_string_append(a->out, between);
		add_node(a, child);
		between = n->kind == JP_NODE_AND ? " AND " : " OR ";
	}
	g_string_append_c(a->out, ')');
}

/* Any of the phrases of a list of the search; `add` puts the words of one. */
static void
add_any(struct asking *a, char *const *texts, void (*add)(struct asking *a, char **words))
{
	const char *between = "";

	for (guint i = 0; texts[i]; i++) {
		g_auto(GStrv) words = jp_words_of(texts[i]);

		if (!words)
			continue;
		g_string_append_printf(a->out, "%s(", between);
		add(a, words);
		g_string_append_c(a->out, ')');
		between = " OR ";
	}
}

/* The name without its legal form, as it is compared. */
static void
add_employer(struct asking *a, char **words)
{
	g_autofree char *name = g_strjoinv(" ", words);
	g_autofree char *key = jp_employer_key(name);
	g_auto(GStrv) key_words = jp_words_of(key);

	add_words(a, JP_LEXEME_COMPANY, key_words ? key_words : words);
}

static void
add_title(struct asking *a, char **words)
{
	add_words(a, JP_LEXEME_TITLE, words);
}

/* One more condition, all of which must hold; an empty one is none. */
static void
add_list(
    GString *out, struct asking *a, char *const *texts, void (*add)(struct asking *a, char **words))
{
	g_string_truncate(a->out, 0);
	add_any(a, texts, add);
	if (a->out->len)
		g_string_append_printf(out, "%s(%s)", out->len ? " AND " : "", a->out->str);
}

char *
jp_find_question(const jp_search *s, GError **error)
{
	g_autoptr(jp_query) q = jp_query_parse(s->query, error);
	g_autoptr(GString) out = g_string_new(NULL), part = g_string_new(NULL);
	g_autoptr(jp_stemmer) stemmer = jp_stemmer_new();
	struct asking a = {stemmer, part};

	if (!q)
		return NULL;
	if (q->root && is_askable(q->root)) {
		add_node(&a, q->root);
		g_string_append(out, part->str);
	}
	add_list(out, &a, s->titles, add_title);
	add_list(out, &a, s->skills, add_skill);
	add_list(out, &a, s->companies_in, add_employer);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- candidates --------------------------------------------------------------------------------
 */

struct finding {
	jp_db *db;
	const jp_find *f;
	const char *question;
	jp_matcher *m;
	jp_doc *doc;
	gint64 now;
	GPtrArray *found;    /* of jp_found * */
	jp_posting *posting; /* the one in hand; taken by a hit */
	gint64 first_seen, closed_at;
};

static void
found_free(gpointer data)
{
	jp_found *f = data;

	jp_posting_free(f->posting);
	jp_hit_free(f->hit);
	g_free(f);
}

static void
keep(const jp_hit *h, gpointer data)
{
	struct finding *x = data;
	jp_found *f = g_new0(jp_found, 1);

	f->posting = g_steal_pointer(&x->posting);
	f->first_seen = x->first_seen;
	f->closed_at = x->closed_at;
	f->hit = g_memdup2(h, sizeof(*h));
	g_ptr_array_ref(h->reasons);
	g_ptr_array_add(x->found, f);
}

/* Runs one candidate through the matcher. */
static void
look_at(struct finding *x, gint64 id)
{
	x->posting = jp_posting_load(x->db, id);
	if (!x->posting)
		return;
	jp_doc_set(x->doc, x->posting, x->first_seen);
	(void)jp_matcher_run(x->m, x->doc, x->now, keep, x); /* how many does not matter */
	g_clear_pointer(&x->posting, jp_posting_free);
}

static jp_rows *
ask(const struct finding *x, gint64 before)
{
	gint64 closed = x->f->closed_too ? 1 : 0;

	if (*x->question)
		return jp_db_query(x->db, JP_SQL_FIND_CANDIDATES,
		    JP_ARGS(JP_TEXT(x->question), JP_INT(before), JP_INT(closed), JP_INT(PORTION)));
	return jp_db_query(
	    x->db, JP_SQL_FIND_ANY, JP_ARGS(JP_INT(before), JP_INT(closed), JP_INT(PORTION)));
}

struct candidate {
	gint64 id, first_seen, closed_at;
};

/* The next candidates below an id; both statements have the same columns. */
static GArray *
read_candidates(const struct finding *x, gint64 before)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(struct candidate));
	g_autoptr(jp_rows) r = ask(x, before);

	while (jp_rows_next(r)) {
		struct candidate c = {jp_rows_int(r, JP_COL_FIND_CANDIDATES_ID),
		    jp_rows_int(r, JP_COL_FIND_CANDIDATES_FIRST_SEEN),
		    jp_rows_int_or(r, JP_COL_FIND_CANDIDATES_CLOSED_AT, 0)};

		g_array_append_val(all, c);
	}
	return all;
}

static void
find_all(struct finding *x)
{
	gint64 before = G_MAXINT64;
	guint n = PORTION;

	while (n == PORTION && x->found->len < JP_FIND_WINDOW && !jp_stopping()) {
		g_autoptr(GArray) all = read_candidates(x, before);

		n = all->len;
		for (guint i = 0; i < n && x->found->len < JP_FIND_WINDOW; i++) {
			const struct candidate *c = &g_array_index(all, struct candidate, i);

			x->first_seen = c->first_seen;
			x->closed_at = c->closed_at;
			before = c->id;
			look_at(x, c->id);
		}
	}
}

static int
compare(gconstpointer a, gconstpointer b)
{
	const jp_found *x = *(const jp_found *const *)a, *y = *(const jp_found *const *)b;

	if (x->hit->score != y->hit->score)
		return x->hit->score > y->hit->score ? -1 : 1;
	return x->posting->id > y->posting->id ? -1 : x->posting->id < y->posting->id;
}

GPtrArray *
jp_find_run(jp_db *db, const jp_search *s, const jp_find *f, gint64 now, GError **error)
{
	g_autofree char *question = NULL;
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(found_free);
	g_autoptr(jp_matcher) m = jp_matcher_new(0, 0);
	g_autoptr(jp_doc) doc = jp_doc_new();
	struct finding x = {.db = db, .f = f, .m = m, .doc = doc, .now = now, .found = found};
	gboolean has_index;

	question = jp_find_question(s, error);
	if (!question || !jp_matcher_add(m, s, error))
		return NULL;
	x.question = question;
	jp_db_begin(db, JP_TX_READ);
	has_index = jp_textindex_look(db) == JP_TEXTINDEX_WHOLE;
	if (has_index)
		find_all(&x);
	jp_db_commit(db);
	if (!has_index) {
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "the full-text index is not built; run jp-db reindex");
		return NULL;
	}
	g_ptr_array_sort(found, compare);
	if (f->limit && found->len > f->limit)
		g_ptr_array_set_size(found, (gint)f->limit);
	return g_steal_pointer(&found);
}
