/*
 * Lexemes: what the full-text index holds of a posting, the same on every engine.
 *
 * A lexeme is the stem, in the posting's language, of one of its folded tokens.  Each stands once,
 * however often the word does: the index finds candidates, and whoever asked looks at the posting
 * itself for phrases, exact forms and points.  Words of the title stand there a second time behind
 * "t:", those of the company's name behind "c:" and skills behind "s:", which no word of a text can
 * be.  A lexeme has the letters and digits of any script, + # . : and _, never a blank, so that a
 * list of them joined by blanks comes apart as it was put together.
 *
 * Pure.  Words are stemmed once and remembered: postings share most of theirs.
 */
#include <string.h>

#include "posting/internal.h"

/* Words remembered before all are forgotten: some megabytes.  The table has room for those of one
 * more posting. */
#define MAX_KNOWN 49152
#define N_SLOTS   131072

static const char *const prefixes[JP_N_LEXEME_PLACE] = {"", "t:", "c:"};

struct stem {
	const char *text;
	guint32 len;
	guint32 marks[JP_N_LEXEME_PLACE]; /* the posting that had it there last */
};

/* A token in a language, whose stem is known. */
struct known {
	const char *token; /* NULL: an empty slot */
	guint32 hash;      /* with the language in it */
	guint32 language;
	guint32 stem;
};

struct jp_lexemes {
	jp_stemmer *stemmer;
	jp_tokens *tokens;
	GStringChunk *pool;
	GArray *stems;          /* of struct stem */
	GHashTable *stem_index; /* text -> number in stems + 1 */
	struct known *known;    /* open addressing; N_SLOTS */
	guint n_known;
	guint32 mark;
	char *out;
	gsize used, room; /* of out, in bytes */
	guint n_out;
};

jp_lexemes *
jp_lexemes_new(void)
{
	jp_lexemes *l = g_new0(jp_lexemes, 1);

	l->stemmer = jp_stemmer_new();
	l->tokens = jp_tokens_new();
	l->pool = g_string_chunk_new(16384);
	l->stems = g_array_new(FALSE, FALSE, sizeof(struct stem));
	l->stem_index = g_hash_table_new(g_str_hash, g_str_equal);
	l->known = g_new0(struct known, N_SLOTS);
	l->room = 4096;
	l->out = g_malloc(l->room);
	return l;
}

void
jp_lexemes_free(jp_lexemes *l)
{
	if (!l)
		return;
	jp_stemmer_free(l->stemmer);
	jp_tokens_free(l->tokens);
	g_string_chunk_free(l->pool);
	g_array_free(l->stems, TRUE);
	g_hash_table_destroy(l->stem_index);
	g_free(l->known);
	g_free(l->out);
	g_free(l);
}

static void
forget(jp_lexemes *l)
{
	g_hash_table_remove_all(l->stem_index);
	g_array_set_size(l->stems, 0);
	g_string_chunk_clear(l->pool);
	memset(l->known, 0, N_SLOTS * sizeof(*l->known));
	l->n_known = 0;
}

/* ---- stems ------------------------------------------------------------------------------------
 */

/* At most JP_MAX_LEXEME bytes of a stem, ended at a character: what is longer is no word. */
static gsize
bounded_len(const char *stem)
{
	gsize len = strnlen(stem, JP_MAX_LEXEME + 1);

	if (len <= JP_MAX_LEXEME)
		return len;
	return (gsize)(g_utf8_find_prev_char(stem, stem + JP_MAX_LEXEME + 1) - stem);
}

static guint32
intern_stem(jp_lexemes *l, const char *stem)
{
	g_autofree char *text = g_strndup(stem, bounded_len(stem));
	guint32 i = GPOINTER_TO_UINT(g_hash_table_lookup(l->stem_index, text));
	struct stem s = {0};

	if (i)
		return i - 1;
	s.text = g_string_chunk_insert(l->pool, text);
	s.len = (guint32)strlen(text);
	g_array_append_val(l->stems, s);
	g_hash_table_insert(
	    l->stem_index, (gpointer)s.text, GUINT_TO_POINTER(l->stems->len)); /* not freed */
	return l->stems->len - 1;
}

/* The number of a token's stem; `language` is also `code`, two letters as an integer. */
static guint32
stem_of(jp_lexemes *l, const char *token, guint32 hash, const char *language, guint32 code)
{
	struct known *k;

	hash ^= code * 2654435761u;
	for (guint i = hash % N_SLOTS;; i = (i + 1) % N_SLOTS) {
		k = &l->known[i];
		if (!k->token)
			break;
		if (k->hash == hash && k->language == code && strcmp(k->token, token) == 0)
			return k->stem;
	}
	k->token = g_string_chunk_insert(l->pool, token);
	k->hash = hash;
	k->language = code;
	k->stem = intern_stem(l, jp_stem(l->stemmer, language, token));
	l->n_known++;
	return k->stem;
}

/* ---- the list ---------------------------------------------------------------------------------
 */

/* Adds one, its prefix of at most two characters before it; room for the NUL is left. */
static void
put(jp_lexemes *l, const char *prefix, const char *text, gsize len)
{
	char *to;

	if (l->n_out == JP_MAX_LEXEMES)
		return;
	if (l->room - l->used < len + 4) {
		l->room = 2 * l->room + len;
		l->out = g_realloc(l->out, l->room);
	}
	to = l->out + l->used;
	if (l->used)
		*to++ = ' ';
	for (; *prefix; prefix++)
		*to++ = *prefix;
	memcpy(to, text, len);
	l->used = (gsize)(to + len - l->out);
	l->n_out++;
}

static guint32
language_code(const char *language)
{
	return language && *language ? (guint32)((guchar)language[0] << 8 | (guchar)language[1])
				     : (guint32)('e' << 8 | 'n');
}

/* Adds the stems of a text that are not there yet, in the place and, of a title, in the text. */
static void
add_text(jp_lexemes *l, const char *text, const char *language, jp_lexeme_place place)
{
	guint32 code = language_code(language);

	if (!text)
		return;
	jp_tokens_parse(l->tokens, text, -1);
	for (guint i = 0; i < l->tokens->items->len; i++) {
		guint32 hash = g_array_index(l->tokens->items, jp_token, i).hash;
		guint32 n = stem_of(l, jp_tokens_at(l->tokens, i), hash, language, code);
		struct stem *s = &g_array_index(l->stems, struct stem, n);

		if (s->marks[place] != l->mark)
			put(l, prefixes[place], s->text, s->len);
		s->marks[place] = l->mark;
		if (place == JP_LEXEME_TITLE && s->marks[JP_LEXEME_TEXT] != l->mark)
			put(l, prefixes[JP_LEXEME_TEXT], s->text, s->len);
		if (place == JP_LEXEME_TITLE)
			s->marks[JP_LEXEME_TEXT] = l->mark;
	}
}

char *
jp_lexeme_of_stem(jp_lexeme_place place, const char *stem)
{
	return g_strdup_printf("%s%.*s", prefixes[place], (int)bounded_len(stem), stem);
}

char *
jp_lexeme_of_skill(const char *skill)
{
	char *lexeme = g_strconcat("s:", skill, NULL);

	lexeme[MIN(bounded_len(lexeme), strlen(lexeme))] = '\0';
	for (char *p = lexeme + 2; *p; p++)
		if (!(*p & 0x80) && !g_ascii_isalnum(*p) && !strchr("+#.", *p))
			*p = '_';
	return lexeme;
}

const char *
jp_lexemes_of(jp_lexemes *l, const jp_posting *p)
{
	if (l->n_known > MAX_KNOWN)
		forget(l);
	l->mark++;
	l->n_out = 0;
	l->used = 0;
	add_text(l, p->title, p->language, JP_LEXEME_TITLE);
	add_text(l, p->company, p->language, JP_LEXEME_COMPANY);
	for (guint i = 0; i < p->skills->len; i++) {
		g_autofree char *lexeme = jp_lexeme_of_skill(p->skills->pdata[i]);

		put(l, "", lexeme, strlen(lexeme));
	}
	add_text(l, p->department, p->language, JP_LEXEME_TEXT);
	add_text(l, p->description, p->language, JP_LEXEME_TEXT);
	l->out[l->used] = '\0';
	return l->out;
}
