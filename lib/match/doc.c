/*
 * The document: a posting made ready for matching.  Its distinct folded words, each with its stem
 * in the posting's language and its positions, are found once; every search looks at those only.
 * Pure.
 */
#include "match/internal.h"

#include <string.h>

jp_doc *
jp_doc_new(void)
{
	jp_doc *d = g_new0(jp_doc, 1);

	d->words = g_array_new(FALSE, FALSE, sizeof(jp_doc_word));
	d->at = g_array_new(FALSE, FALSE, sizeof(guint32));
	d->next = g_array_new(FALSE, FALSE, sizeof(guint32));
	d->places = g_ptr_array_new_with_free_func((GDestroyNotify)jp_place_free);
	d->index = g_hash_table_new(g_str_hash, g_str_equal);
	d->chunk = g_string_chunk_new(4096);
	d->stemmer = jp_stemmer_new();
	return d;
}

void
jp_doc_free(jp_doc *d)
{
	if (!d)
		return;
	g_array_free(d->words, TRUE);
	g_array_free(d->at, TRUE);
	g_array_free(d->next, TRUE);
	g_ptr_array_unref(d->places);
	g_hash_table_destroy(d->index);
	g_string_chunk_free(d->chunk);
	jp_tokens_clear(&d->tokens);
	jp_stemmer_free(d->stemmer);
	g_free(d->employer);
	g_free(d);
}

static void
clear(jp_doc *d)
{
	g_hash_table_remove_all(d->index);
	g_string_chunk_clear(d->chunk);
	g_array_set_size(d->words, 0);
	g_array_set_size(d->at, 0);
	g_array_set_size(d->next, 0);
	g_ptr_array_set_size(d->places, 0);
	g_clear_pointer(&d->employer, g_free);
}

/* The number of the word, a new one when it is seen first. */
static guint32
word_index(jp_doc *d, const char *token)
{
	guint32 i = GPOINTER_TO_UINT(g_hash_table_lookup(d->index, token));
	jp_doc_word w = {.first = JP_NO_POS};
	char *kept;

	if (i)
		return i - 1;
	kept = g_string_chunk_insert(d->chunk, token);
	w.token = kept;
	w.stem = jp_stem(d->stemmer, d->posting->language, w.token);
	w.stem = strcmp(w.stem, w.token) == 0 ? w.token : g_string_chunk_insert(d->chunk, w.stem);
	g_array_append_val(d->words, w);
	g_hash_table_insert(d->index, kept, GUINT_TO_POINTER(d->words->len));
	return d->words->len - 1;
}

/* Appends the words of a text and an empty position; `in` is what they are part of. */
static void
add_text(jp_doc *d, const char *text, guint in)
{
	const guint32 gap = JP_NO_POS;

	jp_tokens_parse(&d->tokens, text ? text : "", -1);
	for (guint i = 0; i < d->tokens.n; i++) {
		guint32 n = word_index(d, jp_tokens_at(&d->tokens, i));
		jp_doc_word *w = &g_array_index(d->words, jp_doc_word, n);

		w->in |= in;
		w->n++;
		w->n_text += in == JP_IN_TEXT;
		g_array_append_val(d->at, n);
	}
	g_array_append_val(d->at, gap);
}

/* Links each word's positions, the first one first. */
static void
link_positions(jp_doc *d)
{
	g_array_set_size(d->next, d->at->len);
	for (guint32 pos = d->at->len; pos-- > 0;) {
		guint32 n = g_array_index(d->at, guint32, pos);
		jp_doc_word *w;

		if (n == JP_NO_POS)
			continue;
		w = &g_array_index(d->words, jp_doc_word, n);
		g_array_index(d->next, guint32, pos) = w->first;
		w->first = pos;
	}
}

void
jp_doc_set(jp_doc *d, const jp_posting *p, gint64 first_seen)
{
	clear(d);
	d->posting = p;
	d->first_seen = first_seen;
	add_text(d, p->title, JP_IN_TITLE);
	d->title_end = d->at->len;
	add_text(d, p->department, JP_IN_TEXT);
	add_text(d, p->description, JP_IN_TEXT);
	d->text_end = d->at->len;
	add_text(d, p->company, JP_IN_COMPANY);
	link_positions(d);
	d->employer = jp_employer_key(p->company ? p->company : "");
	for (guint i = 0; i < p->locations->len; i++)
		g_ptr_array_add(
		    d->places, jp_place_from_location(g_ptr_array_index(p->locations, i)));
}

/* ---- companies -------------------------------------------------------------------------- */

/* Legal forms as they end a company's name, folded, one word each ("S.A." is "s a"). */
static const char *const legal_forms[] = {"ab", "ag", "aps", "as", "asa", "bv", "co", "company",
    "corp", "corporation", "eg", "ev", "gmbh", "inc", "incorporated", "kg", "kgaa", "limited",
    "llc", "llp", "ltd", "ltda", "mbh", "nv", "ohg", "oy", "oyj", "plc", "pty", "pvt", "sa", "sarl",
    "sas", "se", "sl", "spa", "spzoo", "srl", "ug", NULL};

/* Joins single letters at the end, so that "b v" reads as "bv". */
static guint
n_without_form(char **words, guint n)
{
	guint letters = 0;
	char joined[8] = "";

	if (n > 1 && g_strv_contains(legal_forms, words[n - 1]))
		return n - 1;
	while (letters < 3 && letters + 1 < n && !words[n - 1 - letters][1])
		letters++;
	for (guint i = 0; i < letters; i++)
		joined[i] = words[n - letters + i][0];
	return letters > 1 && g_strv_contains(legal_forms, joined) ? n - letters : n;
}

char *
jp_employer_key(const char *company)
{
	g_auto(GStrv) words = jp_words_of(company);
	guint n = words ? g_strv_length(words) : 0;

	if (!n)
		return g_strdup("");
	for (guint shorter = n_without_form(words, n); shorter < n;) {
		n = shorter;
		shorter = n_without_form(words, n);
	}
	for (guint i = n; words[i]; i++)
		g_clear_pointer(&words[i], g_free);
	return g_strjoinv(" ", words);
}
