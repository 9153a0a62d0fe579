/*
 * The reverse index: postings are run against the searches, not searches against the postings.
 *
 * Each search is filed under the cheapest set of terms of which a posting must have one: for an
 * AND the rarest side, for an OR all of them, for a list of titles, skills or companies its
 * entries. A search that no term can stand for (only negations, only places) is looked at every
 * time.  A posting's words find the terms it has, the terms the searches, and only those are
 * verified.  How rare a term is is learnt from the postings of the run, and the filing done anew
 * once enough is known; which searches match never depends on it.
 */
#include "match/internal.h"

#include <string.h>

/* Documents after which the filing is done anew. */
#define LEARNT_SOON 64
#define LEARNT_WELL 1024

/* ---- filing ----------------------------------------------------------------------------- */

/* Builds the lists of pairs' items by key, in the pairs' order. */
static void
lists_build(jp_lists *l, const GArray *pairs, guint32 n_keys)
{
	g_free(l->start);
	g_free(l->items);
	l->n_keys = n_keys;
	l->start = g_new0(guint32, n_keys + 2);
	l->items = g_new(guint32, pairs->len + 1);
	for (guint i = 0; i < pairs->len; i++)
		l->start[g_array_index(pairs, jp_pair, i).key + 2]++;
	for (guint32 k = 2; k < n_keys + 2; k++)
		l->start[k] += l->start[k - 1];
	for (guint i = 0; i < pairs->len; i++) {
		const jp_pair *p = &g_array_index(pairs, jp_pair, i);

		l->items[l->start[p->key + 1]++] = p->item;
	}
}

/* About how many documents in 4096 have the term. */
static guint64
cost_of(const jp_matcher *m, guint32 term)
{
	const jp_term *t = JP_TERM(m, term);

	if (m->n_docs >= LEARNT_SOON)
		return 1 + (guint64)t->n_seen * 4096 / m->n_docs;
	/* What is often asked for is often there; phrases and titles are rarer. */
	return 1 + (t->n_words > 1 || t->field != JP_FIELD_TEXT ? t->n_used / 4 : t->n_used);
}

#define NO_ANCHOR G_MAXUINT64

static guint64
node_cost(const jp_matcher *m, const guint32 *node)
{
	const guint32 *end = node + jp_code_value(*node);
	gboolean is_and = jp_code_kind(*node) == JP_NODE_AND;
	guint64 cost = is_and ? NO_ANCHOR : 0;

	if (jp_code_kind(*node) == JP_NODE_TERM)
		return cost_of(m, jp_code_value(*node));
	if (jp_code_kind(*node) == JP_NODE_NOT)
		return NO_ANCHOR;
	for (const guint32 *p = node + 1; p < end; p = jp_code_next(p)) {
		guint64 c = node_cost(m, p);

		if (is_and)
			cost = MIN(cost, c);
		else
			cost = cost == NO_ANCHOR || c == NO_ANCHOR ? NO_ANCHOR : cost + c;
	}
	return cost;
}

static void
file_under(GArray *pairs, guint32 term, guint32 entry)
{
	const jp_pair pair = {.key = term, .item = entry};

	g_array_append_val(pairs, pair);
}

/* Files the entry under what node_cost() counted. */
static void
file_node(const jp_matcher *m, const guint32 *node, guint32 entry, GArray *pairs)
{
	const guint32 *end = node + jp_code_value(*node);
	const guint32 *best = NULL;

	if (jp_code_kind(*node) == JP_NODE_TERM) {
		file_under(pairs, jp_code_value(*node), entry);
		return;
	}
	for (const guint32 *p = node + 1; p < end; p = jp_code_next(p)) {
		if (jp_code_kind(*node) == JP_NODE_OR)
			file_node(m, p, entry, pairs);
		else if (!best || node_cost(m, p) < node_cost(m, best))
			best = p;
	}
	if (best)
		file_node(m, best, entry, pairs);
}

static guint64
list_cost(const jp_matcher *m, const guint32 *terms, guint n)
{
	guint64 cost = 0;

	if (!terms)
		return NO_ANCHOR;
	for (guint i = 0; i < n; i++)
		cost += cost_of(m, terms[i]);
	return cost;
}

static void
file_entry(jp_matcher *m, guint32 entry, GArray *pairs)
{
	static const jp_cond with_terms[] = {
	    JP_COND_COMPANIES_IN, JP_COND_TITLES, JP_COND_SKILLS, JP_COND_QUERY};
	guint64 best_cost = NO_ANCHOR;
	const guint32 *best = NULL;
	jp_cond best_kind = JP_COND_END;
	guint n, best_n = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(with_terms); i++) {
		const guint32 *args = jp_code_find(m, JP_ENTRY(m, entry), with_terms[i], &n);
		guint64 cost = args && with_terms[i] == JP_COND_QUERY ? node_cost(m, args)
								      : list_cost(m, args, n);

		if (cost >= best_cost)
			continue;
		best_cost = cost;
		best_kind = with_terms[i];
		best = args;
		best_n = n;
	}
	if (!best)
		g_array_append_val(m->always, entry);
	else if (best_kind == JP_COND_QUERY)
		file_node(m, best, entry, pairs);
	else
		for (guint i = 0; i < best_n; i++)
			file_under(pairs, best[i], entry);
}

/* The word of a phrase that the fewest terms have; its presence has the phrase looked for. */
static guint32
trigger_of(const jp_matcher *m, const jp_term *t, const guint32 *uses)
{
	const guint32 *words = &g_array_index(m->term_words, guint32, t->words);
	guint32 best = words[0];

	for (guint i = 1; i < t->n_words; i++)
		if (uses[words[i]] < uses[best])
			best = words[i];
	return best;
}

static void
file_terms(jp_matcher *m, GArray *pairs)
{
	g_autofree guint32 *uses = g_new0(guint32, m->words->len + 1);

	for (guint i = 0; i < m->term_words->len; i++)
		uses[g_array_index(m->term_words, guint32, i)]++;
	for (guint32 i = 0; i < m->terms->len; i++)
		if (JP_TERM(m, i)->n_words)
			file_under(pairs, trigger_of(m, JP_TERM(m, i), uses), i);
}

static void
seal(jp_matcher *m)
{
	g_autoptr(GArray) pairs = g_array_new(FALSE, FALSE, sizeof(jp_pair));

	lists_build(&m->token_words, m->token_pairs, g_hash_table_size(m->token_index));
	lists_build(&m->stem_words, m->stem_pairs, g_hash_table_size(m->stem_index));
	file_terms(m, pairs);
	lists_build(&m->word_terms, pairs, m->words->len);
	g_array_set_size(pairs, 0);
	g_array_set_size(m->always, 0);
	for (guint32 i = 0; i < m->entries->len; i++)
		file_entry(m, i, pairs);
	lists_build(&m->term_entries, pairs, m->terms->len);
	g_array_set_size(m->term_states, m->terms->len);
	g_array_set_size(m->word_states, m->words->len);
	g_array_set_size(m->place_states, m->places->len);
	m->is_sealed = TRUE;
}

/* ---- what the document has -------------------------------------------------------------- */

/* Notes that a word of the document is equal to a word of ours. */
static void
link_word(jp_matcher *m, const jp_doc *d, guint32 doc_word, guint32 word)
{
	const jp_doc_word *w = &g_array_index(d->words, jp_doc_word, doc_word);
	jp_word_state *s = &g_array_index(m->word_states, jp_word_state, word);
	jp_link link = {.word = doc_word, .next = JP_NO_POS};

	if (s->mark != m->mark) {
		*s = (jp_word_state){.mark = m->mark, .link = JP_NO_POS};
		g_array_append_val(m->found, word);
	} else if (g_array_index(m->links, jp_link, s->link).word == doc_word) {
		return; /* by its token, and now by its stem */
	}
	link.next = s->link;
	s->link = m->links->len;
	g_array_append_val(m->links, link);
	s->in |= w->in;
	s->n += w->n;
	s->n_text += w->n_text;
}

static void
link_all(jp_matcher *m, const jp_doc *d, guint32 doc_word, GHashTable *index, const jp_lists *lists,
    const char *key)
{
	guint32 k = GPOINTER_TO_UINT(g_hash_table_lookup(index, key));

	if (!k)
		return;
	for (guint32 i = lists->start[k - 1]; i < lists->start[k]; i++)
		link_word(m, d, doc_word, lists->items[i]);
}

static guint
field_bits(jp_field field)
{
	switch (field) {
	case JP_FIELD_TEXT:
		return JP_IN_TITLE | JP_IN_TEXT;
	case JP_FIELD_TITLE:
		return JP_IN_TITLE;
	case JP_FIELD_COMPANY:
		return JP_IN_COMPANY;
	case JP_FIELD_SKILL:
	case JP_FIELD_EMPLOYER:
		return 0;
	}
	return 0;
}

static void
set_present(jp_matcher *m, guint32 term, guint in, guint n_text)
{
	jp_term_state *s = &g_array_index(m->term_states, jp_term_state, term);

	if (s->mark == m->mark)
		return;
	s->mark = m->mark;
	s->in = (guint8)in;
	s->n_text = (guint16)MIN(n_text, JP_MAX_MENTIONS);
	g_array_append_val(m->present, term);
}

/* TRUE when the document has our word at the position. */
static gboolean
is_at(const jp_matcher *m, const jp_doc *d, guint32 word, guint32 pos)
{
	guint32 doc_word = pos < d->at->len ? g_array_index(d->at, guint32, pos) : JP_NO_POS;
	guint32 link = g_array_index(m->word_states, jp_word_state, word).link;

	if (doc_word == JP_NO_POS)
		return FALSE;
	while (link != JP_NO_POS) {
		const jp_link *l = &g_array_index(m->links, jp_link, link);

		if (l->word == doc_word)
			return TRUE;
		link = l->next;
	}
	return FALSE;
}

/* The word of a phrase that is rarest in the document; FALSE when one is not there at all. */
static gboolean
rarest(const jp_matcher *m, const guint32 *words, guint n, guint *best)
{
	guint32 least = G_MAXUINT32;

	for (guint i = 0; i < n; i++) {
		const jp_word_state *s = &g_array_index(m->word_states, jp_word_state, words[i]);

		if (s->mark != m->mark)
			return FALSE;
		if (s->n < least) {
			least = s->n;
			*best = i;
		}
	}
	return TRUE;
}

/* Where the phrase is that has its word number `at` at pos; 0: it is not. */
static guint
phrase_at(
    const jp_matcher *m, const jp_doc *d, const guint32 *words, guint n, guint at, guint32 pos)
{
	if (pos < at)
		return 0;
	for (guint i = 0; i < n; i++)
		if (i != at && !is_at(m, d, words[i], pos - at + i))
			return 0;
	return pos < d->title_end ? JP_IN_TITLE : pos < d->text_end ? JP_IN_TEXT : JP_IN_COMPANY;
}

static void
look_for_phrase(jp_matcher *m, const jp_doc *d, guint32 term)
{
	const jp_term *t = JP_TERM(m, term);
	const guint32 *words = &g_array_index(m->term_words, guint32, t->words);
	guint in = 0, n_text = 0, at = 0;
	guint32 link;

	if (!rarest(m, words, t->n_words, &at))
		return;
	link = g_array_index(m->word_states, jp_word_state, words[at]).link;
	while (link != JP_NO_POS) {
		const jp_link *l = &g_array_index(m->links, jp_link, link);
		guint32 pos = g_array_index(d->words, jp_doc_word, l->word).first;

		for (; pos != JP_NO_POS; pos = g_array_index(d->next, guint32, pos)) {
			guint where = phrase_at(m, d, words, t->n_words, at, pos);

			in |= where;
			n_text += where == JP_IN_TEXT;
		}
		link = l->next;
	}
	in &= field_bits((jp_field)t->field);
	if (in)
		set_present(m, term, in, n_text);
}

static void
look_for_terms(jp_matcher *m, const jp_doc *d, guint32 word)
{
	const jp_word_state *s = &g_array_index(m->word_states, jp_word_state, word);

	for (guint32 i = m->word_terms.start[word]; i < m->word_terms.start[word + 1]; i++) {
		guint32 term = m->word_terms.items[i];
		const jp_term *t = JP_TERM(m, term);
		guint in = s->in & field_bits((jp_field)t->field);

		if (t->n_words > 1)
			look_for_phrase(m, d, term);
		else if (in)
			set_present(m, term, in, s->n_text);
	}
}

static void
look_for_name(jp_matcher *m, GHashTable *index, const char *name)
{
	guint32 term = GPOINTER_TO_UINT(g_hash_table_lookup(index, name));

	if (term)
		set_present(m, term - 1, 0, 0);
}

void
jp_index_resolve(jp_matcher *m, const jp_doc *d)
{
	if (!m->is_sealed)
		seal(m);
	m->mark++;
	g_array_set_size(m->links, 0);
	g_array_set_size(m->present, 0);
	g_array_set_size(m->found, 0);
	for (guint32 i = 0; i < d->words->len; i++) {
		const jp_doc_word *w = &g_array_index(d->words, jp_doc_word, i);

		link_all(m, d, i, m->token_index, &m->token_words, w->token);
		link_all(m, d, i, m->stem_index, &m->stem_words, w->stem);
	}
	for (guint i = 0; i < m->found->len; i++)
		look_for_terms(m, d, g_array_index(m->found, guint32, i));
	for (guint i = 0; i < d->posting->skills->len; i++)
		look_for_name(m, m->skill_index, g_ptr_array_index(d->posting->skills, i));
	look_for_name(m, m->employer_index, d->employer);
}

/* ---- the run ---------------------------------------------------------------------------- */

/* Verifies an entry once a run and notes it when all its conditions hold. */
static void
consider(const jp_look *l, guint32 entry)
{
	jp_entry *e = JP_ENTRY(l->m, entry);

	if (e->mark == l->m->mark)
		return;
	e->mark = l->m->mark;
	if (jp_cond_all_hold(l, e))
		g_array_append_val(l->m->found, entry);
}

static int
compare_numbers(gconstpointer a, gconstpointer b)
{
	guint32 x = *(const guint32 *)a, y = *(const guint32 *)b;

	return x < y ? -1 : x > y;
}

/* Fills m->found with the entries whose conditions hold, in the order they were added. */
static void
find_entries(const jp_look *l)
{
	jp_matcher *m = l->m;

	g_array_set_size(m->found, 0);
	for (guint i = 0; i < m->present->len; i++) {
		guint32 term = g_array_index(m->present, guint32, i);

		JP_TERM(m, term)->n_seen++;
		for (guint32 k = m->term_entries.start[term]; k < m->term_entries.start[term + 1];
		     k++)
			consider(l, m->term_entries.items[k]);
	}
	for (guint i = 0; i < m->always->len; i++)
		consider(l, g_array_index(m->always, guint32, i));
	g_array_sort(m->found, compare_numbers);
}

guint
jp_matcher_run(jp_matcher *m, const jp_doc *d, gint64 now, jp_matcher_each each, gpointer data)
{
	const jp_look l = {.m = m, .d = d, .now = now};
	guint n = 0;

	if (m->n_docs == LEARNT_SOON || m->n_docs == LEARNT_WELL)
		m->is_sealed = FALSE;
	jp_index_resolve(m, d);
	m->n_docs++;
	find_entries(&l);
	for (guint i = 0; i < m->found->len; i++) {
		const jp_entry *e = JP_ENTRY(m, g_array_index(m->found, guint32, i));
		jp_hit h = {.search_id = e->id, .subscriber_id = e->subscriber_id};

		h.score = jp_score(&l, e, NULL);
		if (h.score < e->min_score)
			continue;
		n++;
		if (!each)
			continue;
		h.reasons = jp_reasons_new();
		jp_score(&l, e, h.reasons);
		each(&h, data);
		g_ptr_array_unref(h.reasons);
	}
	return n;
}
