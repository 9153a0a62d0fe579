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
 * Pure.  Words are stemmed once and remembered: postings share most of theirs.  What is remembered
 * has a place that does not change, so that a lexeme is a number, its code, until somebody wants to
 * read it.
 */
#include <string.h>

#include "posting/internal.h"

/* Words remembered before all are forgotten: some megabytes.  The tables have room for those of one
 * more posting. */
#define MAX_KNOWN 49152
#define N_SLOTS   131072

/* So many tokens ahead the memory is asked for in which a word stands, and nearer its entry and its
 * stem: what is remembered is more than a processor keeps at hand, and texts touch all of it. */
#define AHEAD 12

/* Lexemes gathered before they are put into the index: 4 bytes each, and as many there. */
#define MAX_GATHERED 400000

static const char *const prefixes[JP_N_LEXEME_PLACE] = {"", "t:", "c:"};

/* Bits of a code for the place; the others are the stem's place in the pool. */
#define PLACE_BITS 2
G_STATIC_ASSERT(JP_N_LEXEME_PLACE <= 1 << PLACE_BITS);

/* A stem, its text behind it.  A skill is one, too, with its prefix. */
struct stem {
	guint32 marks[JP_N_LEXEME_PLACE]; /* the posting that had it there last */
	guint32 terms[JP_N_LEXEME_PLACE]; /* its number in what is gathered, from 1 on */
	guint32 len;
	char text[];
};

/* A token in a language, whose stem is known. */
struct known {
	guint32 language;
	guint32 stem; /* its place in the pool */
	char token[];
};

struct slot {
	guint32 hash;
	guint32 at; /* the place in the pool; 0: empty */
};

struct jp_lexemes {
	jp_stemmer *stemmer;
	jp_tokens tokens;
	struct slot *known, *stems; /* open addressing; N_SLOTS each */
	guint n_known, n_stems;
	guint32
	    *pool; /* struct known and struct stem, each with its text; it moves when it grows */
	guint32 pool_used, pool_room;
	guint32 mark;
	guint32 codes[JP_MAX_LEXEMES]; /* of a posting */
	guint n_codes;
	GString *out; /* their text */
	jp_gathered gathered;
};

static void
forget(jp_lexemes *l)
{
	memset(l->known, 0, N_SLOTS * sizeof(*l->known));
	memset(l->stems, 0, N_SLOTS * sizeof(*l->stems));
	l->n_known = l->n_stems = 0;
	l->pool_used = 1; /* 0 is no place */
}

jp_lexemes *
jp_lexemes_new(void)
{
	jp_lexemes *l = g_new0(jp_lexemes, 1);

	l->stemmer = jp_stemmer_new();
	l->known = g_new(struct slot, N_SLOTS);
	l->stems = g_new(struct slot, N_SLOTS);
	l->pool_room = 65536;
	l->pool = g_new(guint32, l->pool_room);
	l->out = g_string_sized_new(4096);
	forget(l);
	return l;
}

void
jp_lexemes_free(jp_lexemes *l)
{
	if (!l)
		return;
	jp_stemmer_free(l->stemmer);
	jp_tokens_clear(&l->tokens);
	g_free(l->known);
	g_free(l->stems);
	g_free(l->pool);
	g_string_free(l->out, TRUE);
	g_free(l->gathered.ids);
	g_free(l->gathered.ends);
	g_free(l->gathered.refs);
	g_free(l->gathered.terms);
	g_free(l->gathered.texts);
	g_free(l);
}

/* ---- what is remembered -----------------------------------------------------------------------
 */

static inline struct stem *
stem_at(const jp_lexemes *l, guint32 at)
{
	return (struct stem *)(l->pool + at);
}

static inline struct known *
known_at(const jp_lexemes *l, guint32 at)
{
	return (struct known *)(l->pool + at);
}

static inline struct slot *
slot_after(struct slot *table, struct slot *s)
{
	return s + 1 == table + N_SLOTS ? table : s + 1;
}

/* The hash of a token in a language. */
static inline guint32
hash_in(guint32 hash, guint32 code)
{
	return hash ^ code * 2654435761u;
}

/* The place of so many bytes in the pool. */
static guint32
take_room(jp_lexemes *l, gsize bytes)
{
	guint32 at = l->pool_used, n = (guint32)((bytes + sizeof(*l->pool) - 1) / sizeof(*l->pool));

	if (l->pool_room - at < n) {
		l->pool_room = 2 * l->pool_room + n;
		l->pool = g_renew(guint32, l->pool, l->pool_room);
	}
	l->pool_used += n;
	return at;
}

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
intern_stem(jp_lexemes *l, const char *given)
{
	char text[JP_MAX_LEXEME + 1] = {0};
	gsize len = bounded_len(given);
	guint32 hash;
	struct slot *s;
	struct stem *stem;

	memcpy(text, given, len);
	hash = jp_token_hash(text);
	for (s = &l->stems[hash % N_SLOTS]; s->at; s = slot_after(l->stems, s)) {
		stem = stem_at(l, s->at);
		if (s->hash == hash && stem->len == len && memcmp(stem->text, text, len) == 0)
			return s->at;
	}
	*s = (struct slot){hash, take_room(l, sizeof(*stem) + len)};
	stem = stem_at(l, s->at);
	*stem = (struct stem){.len = (guint32)len};
	memcpy(stem->text, text, len);
	l->n_stems++;
	return s->at;
}

/* A token's stem, as its place in the pool; `language` is also `code`, two letters as an
 * integer. */
static guint32
stem_of(jp_lexemes *l, const char *token, guint32 hash, const char *language, guint32 code)
{
	struct slot *s;
	struct known *k;
	guint32 stem;
	gsize len;

	hash = hash_in(hash, code);
	for (s = &l->known[hash % N_SLOTS]; s->at; s = slot_after(l->known, s)) {
		k = known_at(l, s->at);
		if (s->hash == hash && k->language == code && strcmp(k->token, token) == 0)
			return k->stem;
	}
	stem = intern_stem(l, jp_stem(l->stemmer, language, token));
	len = strlen(token) + 1;
	*s = (struct slot){hash, take_room(l, sizeof(*k) + len)};
	k = known_at(l, s->at);
	*k = (struct known){code, stem};
	memcpy(k->token, token, len);
	l->n_known++;
	return stem;
}

/* Asks for the memory in which tokens that come soon will be found: the slot of the one farthest
 * ahead, the entry of one whose slot was asked for some time ago, and the stem of one nearer yet.
 * Where a slot belongs to another word that is of no use and does no harm.  (Always inline: a
 * compiler that meets it as a function finds that it does nothing and takes it out.) */
static G_ALWAYS_INLINE inline void
look_ahead(const jp_lexemes *l, guint i, guint32 code)
{
	const jp_token *tokens = l->tokens.items;
	guint n = l->tokens.n;
	const struct slot *s;

	if (i + AHEAD < n)
		__builtin_prefetch(&l->known[hash_in(tokens[i + AHEAD].hash, code) % N_SLOTS]);
	if (i + AHEAD * 2 / 3 < n) {
		s = &l->known[hash_in(tokens[i + AHEAD * 2 / 3].hash, code) % N_SLOTS];
		__builtin_prefetch(known_at(l, s->at));
	}
	if (i + AHEAD / 3 < n) {
		s = &l->known[hash_in(tokens[i + AHEAD / 3].hash, code) % N_SLOTS];
		__builtin_prefetch(stem_at(l, s->at ? known_at(l, s->at)->stem : 0), 1);
	}
}

/* ---- the list ---------------------------------------------------------------------------------
 */

static void
put(jp_lexemes *l, guint32 stem, jp_lexeme_place place)
{
	if (l->n_codes < JP_MAX_LEXEMES)
		l->codes[l->n_codes++] = stem << PLACE_BITS | place;
}

static inline struct stem *
stem_of_code(const jp_lexemes *l, guint32 code)
{
	return stem_at(l, code >> PLACE_BITS);
}

static inline jp_lexeme_place
place_of_code(guint32 code)
{
	return (jp_lexeme_place)(code & ((1 << PLACE_BITS) - 1));
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
	jp_tokens_parse(&l->tokens, text, -1);
	for (guint i = 0; i < l->tokens.n; i++) {
		guint32 hash = l->tokens.items[i].hash, stem;
		struct stem *s;

		look_ahead(l, i, code);
		stem = stem_of(l, jp_tokens_at(&l->tokens, i), hash, language, code);
		s = stem_at(l, stem);
		if (s->marks[place] != l->mark)
			put(l, stem, place);
		s->marks[place] = l->mark;
		if (place == JP_LEXEME_TITLE && s->marks[JP_LEXEME_TEXT] != l->mark)
			put(l, stem, JP_LEXEME_TEXT);
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

/* Makes the codes of a posting. */
static void
make_codes(jp_lexemes *l, const jp_posting *p)
{
	l->mark++;
	l->n_codes = 0;
	add_text(l, p->title, p->language, JP_LEXEME_TITLE);
	add_text(l, p->company, p->language, JP_LEXEME_COMPANY);
	for (guint i = 0; i < p->skills->len; i++) {
		g_autofree char *lexeme = jp_lexeme_of_skill(p->skills->pdata[i]);

		put(l, intern_stem(l, lexeme), JP_LEXEME_TEXT);
	}
	add_text(l, p->department, p->language, JP_LEXEME_TEXT);
	add_text(l, p->description, p->language, JP_LEXEME_TEXT);
}

/* Appends a lexeme to the text. */
static void
put_text(jp_lexemes *l, guint32 code)
{
	const struct stem *s = stem_of_code(l, code);

	if (l->out->len)
		g_string_append_c(l->out, ' ');
	g_string_append(l->out, prefixes[place_of_code(code)]);
	g_string_append_len(l->out, s->text, s->len);
}

const char *
jp_lexemes_of(jp_lexemes *l, const jp_posting *p)
{
	if (!jp_lexemes_has_room(l) && l->gathered.n_postings == 0)
		forget(l);
	make_codes(l, p);
	g_string_truncate(l->out, 0);
	for (guint i = 0; i < l->n_codes; i++)
		put_text(l, l->codes[i]);
	return l->out->str;
}

/* ---- many postings ----------------------------------------------------------------------------
 */

gboolean
jp_lexemes_has_room(const jp_lexemes *l)
{
	return l->n_known <= MAX_KNOWN && l->n_stems <= MAX_KNOWN &&
	    l->gathered.n_refs <= MAX_GATHERED;
}

/* Makes an array of n things at least that many long. */
#define GROW(array, room, n)                                                                       \
	do {                                                                                       \
		if ((room) < (n)) {                                                                \
			(room) = 2 * (gsize)(n);                                                   \
			(array) = g_realloc_n((array), (room), sizeof(*(array)));                  \
		}                                                                                  \
	} while (0)

/* The number of a lexeme that was not gathered before. */
static guint32
new_term(jp_lexemes *l, guint32 code)
{
	jp_gathered *g = &l->gathered;
	const struct stem *s = stem_of_code(l, code);
	const char *prefix = prefixes[place_of_code(code)];
	gsize prefix_len = strlen(prefix), len = prefix_len + s->len;

	GROW(g->terms, g->terms_room, g->n_terms + 1);
	GROW(g->texts, g->texts_room, g->texts_len + len);
	memcpy(g->texts + g->texts_len, prefix, prefix_len);
	memcpy(g->texts + g->texts_len + prefix_len, s->text, s->len);
	g->terms[g->n_terms] = (jp_term){code, (guint32)g->texts_len, (guint32)len, 0};
	g->texts_len += len;
	return ++g->n_terms;
}

void
jp_lexemes_gather(jp_lexemes *l, const jp_posting *p)
{
	jp_gathered *g = &l->gathered;

	g_assert(jp_lexemes_has_room(l));
	make_codes(l, p);
	GROW(g->refs, g->refs_room, g->n_refs + l->n_codes);
	for (guint i = 0; i < l->n_codes; i++) {
		guint32 code = l->codes[i];
		guint32 *term = &stem_of_code(l, code)->terms[place_of_code(code)];

		if (*term == 0)
			*term = new_term(l, code);
		g->terms[*term - 1].n++;
		g->refs[g->n_refs++] = *term - 1;
	}
	GROW(g->ids, g->ids_room, g->n_postings + 1);
	GROW(g->ends, g->ends_room, g->n_postings + 1);
	g->ids[g->n_postings] = p->id;
	g->ends[g->n_postings++] = g->n_refs;
}

jp_gathered *
jp_lexemes_gathered(jp_lexemes *l)
{
	return &l->gathered;
}

const char *
jp_lexemes_gathered_text(jp_lexemes *l, guint i)
{
	const jp_gathered *g = &l->gathered;

	g_string_truncate(l->out, 0);
	for (guint k = i ? g->ends[i - 1] : 0; k < g->ends[i]; k++)
		put_text(l, g->terms[g->refs[k]].code);
	return l->out->str;
}

void
jp_lexemes_let_go(jp_lexemes *l)
{
	jp_gathered *g = &l->gathered;

	for (guint i = 0; i < g->n_terms; i++)
		stem_of_code(l, g->terms[i].code)->terms[place_of_code(g->terms[i].code)] = 0;
	g->n_postings = g->n_refs = g->n_terms = 0;
	g->texts_len = 0;
	if (!jp_lexemes_has_room(l))
		forget(l);
}
