/*
 * Searches compiled: what they share is interned once, what is left of each is a row of integers.
 * A hundred thousand searches are a few megabytes.
 */
#include "match/internal.h"

#include <string.h>

jp_matcher *
jp_matcher_new(int default_min_score, gint64 default_max_age)
{
	jp_matcher *m = g_new0(jp_matcher, 1);

	m->default_min_score = default_min_score;
	m->default_max_age = default_max_age;
	m->stemmer = jp_stemmer_new();
	m->pool = g_string_chunk_new(16384);
	m->entries = g_array_new(FALSE, FALSE, sizeof(jp_entry));
	m->code = g_array_new(FALSE, FALSE, sizeof(guint32));
	m->terms = g_array_new(FALSE, FALSE, sizeof(jp_term));
	m->term_words = g_array_new(FALSE, FALSE, sizeof(guint32));
	m->words = g_ptr_array_new();
	m->places = g_ptr_array_new_with_free_func((GDestroyNotify)jp_place_free);
	m->word_index = g_hash_table_new(g_str_hash, g_str_equal);
	m->term_index = g_hash_table_new(g_str_hash, g_str_equal);
	m->place_index = g_hash_table_new(g_str_hash, g_str_equal);
	m->skill_index = g_hash_table_new(g_str_hash, g_str_equal);
	m->employer_index = g_hash_table_new(g_str_hash, g_str_equal);
	m->token_index = g_hash_table_new(g_str_hash, g_str_equal);
	m->stem_index = g_hash_table_new(g_str_hash, g_str_equal);
	m->token_pairs = g_array_new(FALSE, FALSE, sizeof(jp_pair));
	m->stem_pairs = g_array_new(FALSE, FALSE, sizeof(jp_pair));
	m->always = g_array_new(FALSE, FALSE, sizeof(guint32));
	m->term_states = g_array_new(FALSE, TRUE, sizeof(jp_term_state));
	m->word_states = g_array_new(FALSE, TRUE, sizeof(jp_word_state));
	m->place_states = g_array_new(FALSE, TRUE, sizeof(jp_place_state));
	m->links = g_array_new(FALSE, FALSE, sizeof(jp_link));
	m->present = g_array_new(FALSE, FALSE, sizeof(guint32));
	m->found = g_array_new(FALSE, FALSE, sizeof(guint32));
	return m;
}

static void
lists_clear(jp_lists *l)
{
	g_free(l->start);
	g_free(l->items);
}

void
jp_matcher_free(jp_matcher *m)
{
	if (!m)
		return;
	GArray *arrays[] = {m->entries, m->code, m->terms, m->term_words, m->token_pairs,
	    m->stem_pairs, m->always, m->term_states, m->word_states, m->place_states, m->links,
	    m->present, m->found};
	GHashTable *tables[] = {m->word_index, m->term_index, m->place_index, m->skill_index,
	    m->employer_index, m->token_index, m->stem_index};

	for (gsize i = 0; i < G_N_ELEMENTS(arrays); i++)
		g_array_free(arrays[i], TRUE);
	for (gsize i = 0; i < G_N_ELEMENTS(tables); i++)
		g_hash_table_destroy(tables[i]);
	lists_clear(&m->token_words);
	lists_clear(&m->stem_words);
	lists_clear(&m->word_terms);
	lists_clear(&m->term_entries);
	g_ptr_array_free(m->words, TRUE);
	g_ptr_array_unref(m->places);
	g_string_chunk_free(m->pool);
	jp_stemmer_free(m->stemmer);
	g_free(m);
}

guint
jp_matcher_size(const jp_matcher *m)
{
	return m->entries->len;
}

/* ---- words and terms -------------------------------------------------------------------- */

/* The number of key in the table, *is_new when it was not in it; `n` is then its number. */
static guint32
intern(GHashTable *t, GStringChunk *pool, const char *key, guint32 n, gboolean *is_new)
{
	guint32 i = GPOINTER_TO_UINT(g_hash_table_lookup(t, key));

	*is_new = !i;
	if (i)
		return i - 1;
	g_hash_table_insert(t, g_string_chunk_insert(pool, key), GUINT_TO_POINTER(n + 1));
	return n;
}

static void
add_pair(jp_matcher *m, GHashTable *t, GArray *pairs, const char *key, guint32 word)
{
	gboolean is_new;
	jp_pair pair = {.item = word};

	pair.key = intern(t, m->pool, key, g_hash_table_size(t), &is_new);
	g_array_append_val(pairs, pair);
}

/* Every stem that the word has in the languages, each once. */
static void
add_stems(jp_matcher *m, const char *token, const char *const *languages, guint32 word)
{
	g_autoptr(GPtrArray) stems = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; languages[i]; i++) {
		const char *stem = jp_stem(m->stemmer, languages[i], token);

		if (g_ptr_array_find_with_equal_func(stems, stem, g_str_equal, NULL))
			continue;
		g_ptr_array_add(stems, g_strdup(stem));
		add_pair(m, m->stem_index, m->stem_pairs, stem, word);
	}
}

/* The number of a word: the token itself, and unless exact its stems in the languages. */
static guint32
intern_word(jp_matcher *m, const char *token, gboolean is_exact, char **languages)
{
	g_autofree char *only = !is_exact && languages[0] ? g_strjoinv(",", languages) : NULL;
	g_autofree char *key = g_strconcat(token, is_exact ? " =" : " ~", only ? only : "", NULL);
	gboolean is_new;
	guint32 word = intern(m->word_index, m->pool, key, m->words->len, &is_new);

	if (!is_new)
		return word;
	g_ptr_array_add(m->words, g_string_chunk_insert_const(m->pool, token));
	add_pair(m, m->token_index, m->token_pairs, token, word);
	if (!is_exact)
		add_stems(
		    m, token, only ? (const char *const *)languages : jp_stem_languages(), word);
	return word;
}

/* Words as they are looked for; borrows all. */
struct phrase {
	jp_field field;
	gboolean is_exact;
	char **words;
	const char *shown;
	char **languages;
};

/* The number of a phrase in a field. */
static guint32
intern_phrase(jp_matcher *m, const struct phrase *ph)
{
	g_autoptr(GString) key = g_string_new(NULL);
	g_autoptr(GArray) numbers = g_array_new(FALSE, FALSE, sizeof(guint32));
	jp_term t = {.field = (guint8)ph->field, .is_exact = ph->is_exact != FALSE};
	gboolean is_new;
	guint32 term;

	g_string_printf(key, "%d", (int)ph->field);
	for (guint i = 0; ph->words[i]; i++) {
		guint32 word = intern_word(m, ph->words[i], ph->is_exact, ph->languages);

		g_array_append_val(numbers, word);
		g_string_append_printf(key, " %x", word);
	}
	g_string_append_printf(key, " |%s", ph->shown);
	term = intern(m->term_index, m->pool, key->str, m->terms->len, &is_new);
	if (is_new) {
		t.name = g_string_chunk_insert_const(m->pool, ph->shown);
		t.words = m->term_words->len;
		t.n_words = (guint16)numbers->len;
		g_array_append_vals(m->term_words, numbers->data, numbers->len);
		g_array_append_val(m->terms, t);
	}
	JP_TERM(m, term)->n_used++;
	return term;
}

/* The number of a skill or an employer. */
static guint32
intern_name(jp_matcher *m, jp_field field, const char *name)
{
	GHashTable *index = field == JP_FIELD_SKILL ? m->skill_index : m->employer_index;
	jp_term t = {.field = (guint8)field};
	gboolean is_new;
	guint32 term = intern(index, m->pool, name, m->terms->len, &is_new);

	if (is_new) {
		t.name = g_string_chunk_insert_const(m->pool, name);
		g_array_append_val(m->terms, t);
	}
	JP_TERM(m, term)->n_used++;
	return term;
}

/* A skill that we know by its name; any other words are looked for in the text. */
static guint32
intern_skill(jp_matcher *m, const struct phrase *ph)
{
	g_autofree char *text = g_strjoinv(" ", ph->words);
	const char *known = jp_skill_read(text);
	struct phrase in_text = *ph;

	in_text.field = JP_FIELD_TEXT;
	return known ? intern_name(m, JP_FIELD_SKILL, known) : intern_phrase(m, &in_text);
}

static guint32
intern_place(jp_matcher *m, const char *text)
{
	g_autofree char *key = jp_text_fold(text);
	gboolean is_new;
	jp_place *place;

	if (!g_hash_table_contains(m->place_index, key)) {
		place = jp_place_read(text);
		if (!place)
			return JP_NO_POS;
		g_ptr_array_add(m->places, place);
	}
	return intern(m->place_index, m->pool, key, m->places->len - 1, &is_new);
}

/* ---- one search ------------------------------------------------------------------------- */

static void
put(jp_matcher *m, guint32 v)
{
	g_array_append_val(m->code, v);
}

/* Begins a condition; gives where its head stands. */
static guint
begin(jp_matcher *m, jp_cond kind)
{
	put(m, kind);
	return m->code->len - 1;
}

/* Ends it: an empty one is taken back. */
static void
end(jp_matcher *m, guint head)
{
	guint n = m->code->len - head - 1;

	if (n)
		g_array_index(m->code, guint32, head) |= n << 8;
	else
		g_array_set_size(m->code, head);
}

static void
put_wide(jp_matcher *m, gint64 v)
{
	put(m, (guint32)((guint64)v >> 32));
	put(m, (guint32)v);
}

static guint32
term_of(jp_matcher *m, const jp_node *n, char **languages)
{
	const struct phrase ph = {n->field, n->is_exact, n->words, n->shown, languages};

	return n->field == JP_FIELD_SKILL ? intern_skill(m, &ph) : intern_phrase(m, &ph);
}

static void
put_node(jp_matcher *m, const jp_node *n, char **languages)
{
	guint head = m->code->len;

	if (n->kind == JP_NODE_TERM) {
		put(m, term_of(m, n, languages) << 2 | JP_NODE_TERM);
		return;
	}
	put(m, 0);
	for (guint i = 0; i < n->children->len; i++)
		put_node(m, g_ptr_array_index(n->children, i), languages);
	g_array_index(m->code, guint32, head) = (m->code->len - head) << 2 | n->kind;
}

static void
put_scalars(jp_matcher *m, const jp_search *s)
{
	guint head = begin(m, JP_COND_LANGUAGES);

	for (guint i = 0; s->languages[i]; i++)
		put(m, jp_code_pack(s->languages[i]));
	end(m, head);
	head = begin(m, JP_COND_MAX_AGE);
	if (s->max_age)
		put_wide(m, s->max_age);
	end(m, head);
	head = begin(m, JP_COND_PLACES);
	for (guint i = 0; s->locations[i]; i++) {
		guint32 place = intern_place(m, s->locations[i]);

		if (place != JP_NO_POS)
			put(m, place);
	}
	end(m, head);
	head = begin(m, JP_COND_SALARY);
	if (s->salary_min) {
		put(m, jp_code_pack(s->salary_currency));
		put(m, s->salary_period);
		put_wide(m, s->salary_min);
	}
	end(m, head);
}

static void
put_companies(jp_matcher *m, jp_cond kind, char **names)
{
	guint head = begin(m, kind);

	for (guint i = 0; names[i]; i++) {
		g_autofree char *key = jp_employer_key(names[i]);

		if (*key)
			put(m, intern_name(m, JP_FIELD_EMPLOYER, key));
	}
	end(m, head);
}

static void
put_phrases(jp_matcher *m, jp_cond kind, char **texts, char **languages)
{
	gboolean is_title = kind == JP_COND_TITLES;
	guint head = begin(m, kind);

	for (guint i = 0; texts[i]; i++) {
		g_auto(GStrv) words = jp_words_of(texts[i]);
		const struct phrase ph = {
		    is_title ? JP_FIELD_TITLE : JP_FIELD_SKILL, FALSE, words, texts[i], languages};

		if (words)
			put(m, is_title ? intern_phrase(m, &ph) : intern_skill(m, &ph));
	}
	end(m, head);
}

static void
put_terms(jp_matcher *m, const jp_search *s)
{
	put_companies(m, JP_COND_COMPANIES_IN, s->companies_in);
	put_companies(m, JP_COND_COMPANIES_OUT, s->companies_out);
	put_phrases(m, JP_COND_TITLES, s->titles, s->languages);
	put_phrases(m, JP_COND_SKILLS, s->skills, s->languages);
}

/* The parts that points are given for.  Without any words to look for the posting is wanted as it
 * is. */
static guint16
asked_parts(const jp_matcher *m, const jp_entry *e, const jp_search *s)
{
	guint n;
	const guint32 *query = jp_code_find(m, e, JP_COND_QUERY, &n);
	gboolean has_words = query && jp_code_is_positive(query);
	guint asked = 1u << JP_PART_FRESH;

	if (s->titles[0])
		asked |= 1u << JP_PART_TITLES;
	if (s->skills[0])
		asked |= 1u << JP_PART_SKILLS;
	if (has_words || asked == 1u << JP_PART_FRESH)
		asked |= 1u << JP_PART_WORDS;
	if (s->locations[0])
		asked |= 1u << JP_PART_PLACE;
	if (s->salary_min)
		asked |= 1u << JP_PART_SALARY;
	if (s->remote_mask)
		asked |= 1u << JP_PART_REMOTE;
	if (s->level_mask)
		asked |= 1u << JP_PART_LEVEL;
	if (s->employment_mask)
		asked |= 1u << JP_PART_TYPE;
	return (guint16)asked;
}

gboolean
jp_matcher_add(jp_matcher *m, const jp_search *s, GError **error)
{
	g_autoptr(jp_query) q = jp_query_parse(s->query, error);
	jp_entry e = {.id = s->id, .subscriber_id = s->subscriber_id};

	if (!q)
		return FALSE;
	e.code = m->code->len;
	e.min_score = (gint8)(s->min_score >= 0 ? s->min_score : m->default_min_score);
	e.has_max_age = s->max_age != 0;
	e.sets = s->remote_mask | s->level_mask << 4 | s->employment_mask << 13;
	put_scalars(m, s);
	put_terms(m, s);
	if (q->root) {
		guint head = begin(m, JP_COND_QUERY);

		put_node(m, q->root, s->languages);
		end(m, head);
	}
	put(m, JP_COND_END);
	e.asked = asked_parts(m, &e, s);
	g_array_append_val(m->entries, e);
	m->is_sealed = FALSE;
	return TRUE;
}
