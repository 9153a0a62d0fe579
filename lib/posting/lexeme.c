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
 * Pure.  Words are stemmed once and remembered: postings share most of theirs.  A stem has a
 * number, so that a lexeme is one, too, its code, until somebody wants to read it.  What is
 * remembered is more than a processor keeps at hand, and texts touch all of it: so a word stands in
 * its slot itself, and of a stem's what is looked at for each word is apart from what is seldom
 * read.
 */
#include <string.h>

#include "base/bytes.h"
#include "posting/internal.h"

/* Words and stems remembered before all are forgotten.  Their tables are some thin; that of stems
 * has room for those of one more posting. */
#define MAX_KNOWN    49152
#define N_KNOWN      131072
#define N_STEM_SLOTS 131072
G_STATIC_ASSERT(MAX_KNOWN + JP_MAX_TOKENS < N_STEM_SLOTS);

/* So many words ahead the memory is asked for that one will need, at each of the steps. */
#define AHEAD 16

/* Lexemes gathered before they are put into the index: 4 bytes each, and as many there. */
#define MAX_GATHERED 400000

static const char *const prefixes[JP_N_LEXEME_PLACE] = {"", "t:", "c:"};
static const guint8 prefix_lens[JP_N_LEXEME_PLACE] = {0, 2, 2};

/* Bits of a code for the place; the others are the stem's number. */
#define PLACE_BITS 2
G_STATIC_ASSERT(JP_N_LEXEME_PLACE <= 1 << PLACE_BITS);

/* A token in a language, whose stem is known; half a line of the cache. */
struct known {
	guint32 hash;
	guint32 stem;                   /* its number; 0: empty */
	char token[JP_TOKENS_READABLE]; /* zeros behind it; longer ones are not remembered */
};

/* A stem, and in each place the posting that had it there last and its number in what is gathered
 * (see n_let_go).  A skill is one, too, with its prefix. */
struct stem {
	guint32 at, len; /* its text */
	guint32 marks[JP_N_LEXEME_PLACE];
	guint32 terms[JP_N_LEXEME_PLACE];
};

struct slot {
	guint32 hash;
	guint32 stem; /* 0: empty */
};

/* Bytes of a line of the cache. */
#define LINE 64
G_STATIC_ASSERT(LINE % sizeof(struct known) == 0 && LINE % sizeof(struct stem) == 0);

struct jp_lexemes {
	jp_stemmer *stemmer;
	jp_tokens tokens;
	struct known *known; /* open addressing; N_KNOWN */
	struct slot *slots;  /* of stems by their texts, the same; N_STEM_SLOTS */
	guint n_known, n_stems;
	struct stem *stems; /* by number, from 1 on; N_STEM_SLOTS */
	gpointer memory[2]; /* in which known and stems stand */
	char *texts;
	gsize texts_len, texts_room;
	guint32 *found; /* the stems of a text's words */
	guint found_room;
	guint32 mark;
	guint32 codes[JP_MAX_LEXEMES + 1]; /* of a posting, and one that is too many */
	guint n_codes;
	GString *out; /* their text */
	jp_gathered gathered;
	guint32 n_let_go; /* terms before those gathered: theirs are the greater numbers */
};

/* Makes an array of n things at least that many long. */
#define GROW(array, room, n)                                                                       \
	do {                                                                                       \
		if ((room) < (n)) {                                                                \
			(room) = 2 * (gsize)(n);                                                   \
			(array) = g_realloc_n((array), (room), sizeof(*(array)));                  \
		}                                                                                  \
	} while (0)

/* Zeros that begin where a line of the cache does, so that nothing in them stands on two; in memory
 * that is to be freed.  Pages of it that nobody touches are none. */
static gpointer
new_lines(gsize bytes, gpointer *memory)
{
	*memory = g_malloc0(bytes + LINE);
	return (char *)*memory + LINE - (guintptr)*memory % LINE;
}

static void
forget(jp_lexemes *l)
{
	memset(l->known, 0, N_KNOWN * sizeof(*l->known));
	memset(l->slots, 0, N_STEM_SLOTS * sizeof(*l->slots));
	l->n_known = l->n_stems = 0;
	l->texts_len = 0;
	l->n_let_go = 0;
}

jp_lexemes *
jp_lexemes_new(void)
{
	jp_lexemes *l = g_new0(jp_lexemes, 1);

	l->stemmer = jp_stemmer_new();
	l->known = new_lines(N_KNOWN * sizeof(*l->known), &l->memory[0]);
	l->stems = new_lines(N_STEM_SLOTS * sizeof(*l->stems), &l->memory[1]);
	l->slots = g_new0(struct slot, N_STEM_SLOTS);
	l->out = g_string_sized_new(4096);
	return l;
}

void
jp_lexemes_free(jp_lexemes *l)
{
	if (!l)
		return;
	jp_stemmer_free(l->stemmer);
	jp_tokens_clear(&l->tokens);
	for (guint i = 0; i < G_N_ELEMENTS(l->memory); i++)
		g_free(l->memory[i]);
	g_free(l->slots);
	g_free(l->texts);
	g_free(l->found);
	g_string_free(l->out, TRUE);
	g_free(l->gathered.ids);
	g_free(l->gathered.ends);
	g_free(l->gathered.refs);
	g_free(l->gathered.terms);
	g_free(l->gathered.texts);
	g_free(l);
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
new_stem(jp_lexemes *l, const char *text, gsize len)
{
	guint32 stem = ++l->n_stems;

	GROW(l->texts, l->texts_room, l->texts_len + len);
	memcpy(l->texts + l->texts_len, text, len);
	l->stems[stem] = (struct stem){.at = (guint32)l->texts_len, .len = (guint32)len};
	l->texts_len += len;
	return stem;
}

static guint32
intern_stem(jp_lexemes *l, const char *given)
{
	char text[JP_MAX_LEXEME + 1] = {0};
	gsize len = bounded_len(given);
	guint32 hash, i;

	memcpy(text, given, len);
	hash = jp_token_hash(text);
	for (i = hash % N_STEM_SLOTS; l->slots[i].stem; i = (i + 1) % N_STEM_SLOTS) {
		const struct stem *s = &l->stems[l->slots[i].stem];

		if (l->slots[i].hash == hash && s->len == len &&
		    memcmp(l->texts + s->at, text, len) == 0)
			return l->slots[i].stem;
	}
	l->slots[i] = (struct slot){hash, new_stem(l, text, len)};
	return l->slots[i].stem;
}

/* ---- words ------------------------------------------------------------------------------------
 */

/* A number for each language that has stems of its own, and one for all others. */
static guint32
language_number(const char *language)
{
	const char *const *all = jp_stem_languages();
	guint32 i = 0;

	while (language && all[i] && strcmp(all[i], language) != 0)
		i++;
	return i;
}

/* The hash of a token in a language: another one for each of them. */
static inline guint32
hash_in(guint32 hash, guint32 language)
{
	return hash ^ language * 2654435761u;
}

static inline gsize
token_len(const jp_tokens *t, guint i)
{
	return (i + 1 < t->n ? t->items[i + 1].at : t->pool_len) - t->items[i].at - 1;
}

/* The first bytes of the n ones at p, from the skip-th on; zeros behind. */
static inline jp_sixteen
kept_bytes(const char *p, guint skip, gsize n)
{
	static const jp_sixteen places = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	guint8 most = (guint8)MIN(n, JP_TOKENS_READABLE);

	return jp_sixteen_at(p + skip) & (jp_sixteen)(places + (guint8)skip < most);
}

/* The token of n bytes, which may be followed by others, is that of the slot. */
static inline gboolean
is_token(const struct known *k, const char *token, gsize n)
{
	jp_sixteen same = (jp_sixteen)(jp_sixteen_at(k->token) == kept_bytes(token, 0, n)) &
	    (jp_sixteen)(jp_sixteen_at(k->token + 8) == kept_bytes(token, 8, n));

	return jp_bits_of(same) == 0xffff;
}

/* Stems a word that is not remembered, which is then, in the empty slot where it was looked for. */
static guint32
learn(jp_lexemes *l, struct known *k, const char *token, gsize len, guint32 hash,
    const char *language)
{
	guint32 stem = intern_stem(l, jp_stem(l->stemmer, language, token));

	if (len > sizeof(k->token) || l->n_known == MAX_KNOWN)
		return stem;
	*k = (struct known){.hash = hash, .stem = stem};
	memcpy(k->token, token, len);
	l->n_known++;
	return stem;
}

/* The number of a token's stem.  (That two of the same token have the same hash in two languages
 * cannot be: so the slot need not say which.) */
static inline guint32
stem_of(jp_lexemes *l, guint i, const char *language, guint32 number)
{
	const char *token = jp_tokens_at(&l->tokens, i);
	gsize len = token_len(&l->tokens, i);
	guint32 hash = hash_in(l->tokens.items[i].hash, number), at = hash % N_KNOWN;
	struct known *k = &l->known[at];

	for (; k->stem; k = &l->known[at = (at + 1) % N_KNOWN])
		if (k->hash == hash && is_token(k, token, len) && len <= sizeof(k->token))
			return k->stem;
	return learn(l, k, token, len, hash, language);
}

/* Asks for the memory that will be looked at.  (Always inline: a compiler that meets it as a
 * function finds that it does nothing and takes it out.) */
static G_ALWAYS_INLINE inline void
ask_for(const void *memory)
{
	__builtin_prefetch(memory);
}

/* The stems of all words, which are asked for then. */
static void
find_stems(jp_lexemes *l, const char *language)
{
	guint32 number = language_number(language);
	const jp_token *tokens = l->tokens.items;

	GROW(l->found, l->found_room, l->tokens.n);
	for (guint i = 0; i < l->tokens.n; i++) {
		if (i + AHEAD < l->tokens.n)
			ask_for(&l->known[hash_in(tokens[i + AHEAD].hash, number) % N_KNOWN]);
		l->found[i] = stem_of(l, i, language, number);
		ask_for(&l->stems[l->found[i]]);
	}
}

/* ---- the list ---------------------------------------------------------------------------------
 */

static inline guint32
stem_of_code(guint32 code)
{
	return code >> PLACE_BITS;
}

static inline jp_lexeme_place
place_of_code(guint32 code)
{
	return (jp_lexeme_place)(code & ((1 << PLACE_BITS) - 1));
}

/* Adds a stem in a place, unless it is there; what comes after the last that there is room for goes
 * where nobody looks.  (Nothing is decided: which word is a new one cannot be foreseen.) */
static inline void
put(jp_lexemes *l, guint32 stem, jp_lexeme_place place)
{
	guint32 *mark = &l->stems[stem].marks[place];

	l->codes[l->n_codes] = stem << PLACE_BITS | place;
	l->n_codes += (*mark != l->mark) & (l->n_codes < JP_MAX_LEXEMES);
	*mark = l->mark;
}

/* Adds the stems of a text that are not there yet, in the place and, of a title, in the text. */
static void
add_text(jp_lexemes *l, const char *text, const char *language, jp_lexeme_place place)
{
	if (!text)
		return;
	jp_tokens_parse(&l->tokens, text, -1);
	find_stems(l, language);
	for (guint i = 0; i < l->tokens.n; i++) {
		put(l, l->found[i], place);
		if (place == JP_LEXEME_TITLE)
			put(l, l->found[i], JP_LEXEME_TEXT);
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
	const struct stem *s = &l->stems[stem_of_code(code)];

	if (l->out->len)
		g_string_append_c(l->out, ' ');
	g_string_append(l->out, prefixes[place_of_code(code)]);
	g_string_append_len(l->out, l->texts + s->at, s->len);
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
	return l->n_known < MAX_KNOWN && l->n_stems <= MAX_KNOWN &&
	    l->gathered.n_refs <= MAX_GATHERED;
}

/* The number of a lexeme that was not gathered before. */
static guint32
new_term(jp_lexemes *l, guint32 code)
{
	jp_gathered *g = &l->gathered;
	const struct stem *s = &l->stems[stem_of_code(code)];
	gsize len = prefix_lens[place_of_code(code)] + s->len;
	char *text;

	GROW(g->texts, g->texts_room, g->texts_len + len);
	text = g->texts + g->texts_len;
	if (place_of_code(code) != JP_LEXEME_TEXT)
		memcpy(text, prefixes[place_of_code(code)], len - s->len);
	memcpy(text + len - s->len, l->texts + s->at, s->len);
	g->terms[g->n_terms] = (jp_term){code, (guint32)g->texts_len, (guint32)len, 0};
	g->texts_len += len;
	return l->n_let_go + ++g->n_terms;
}

/* The number of a lexeme in what is gathered, from 0 on. */
static inline guint32
term_of(jp_lexemes *l, guint32 code)
{
	guint32 *term = &l->stems[stem_of_code(code)].terms[place_of_code(code)];

	if (*term <= l->n_let_go)
		*term = new_term(l, code);
	return *term - l->n_let_go - 1;
}

/* Asks for what term_of() will need of a lexeme, and for what stands at its number; that is the
 * next one where it has none. */
static G_ALWAYS_INLINE inline void
ask_for_term(const jp_lexemes *l, guint32 code)
{
	const struct stem *s = &l->stems[stem_of_code(code)];
	guint32 term = s->terms[place_of_code(code)];

	ask_for(l->texts + s->at);
	ask_for(
	    &l->gathered.terms[term > l->n_let_go ? term - l->n_let_go - 1 : l->gathered.n_terms]);
}

void
jp_lexemes_gather(jp_lexemes *l, const jp_posting *p)
{
	jp_gathered *g = &l->gathered;
	guint32 *refs;

	g_assert(jp_lexemes_has_room(l));
	make_codes(l, p);
	GROW(g->refs, g->refs_room, g->n_refs + l->n_codes);
	GROW(g->terms, g->terms_room, g->n_terms + l->n_codes);
	refs = g->refs + g->n_refs;
	for (guint i = 0; i < l->n_codes; i++) {
		if (i + AHEAD < l->n_codes)
			ask_for_term(l, l->codes[i + AHEAD]);
		refs[i] = term_of(l, l->codes[i]);
		g->terms[refs[i]].n++;
	}
	g->n_refs += l->n_codes;
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

	l->n_let_go += g->n_terms;
	g->n_postings = g->n_refs = g->n_terms = 0;
	g->texts_len = 0;
	if (!jp_lexemes_has_room(l) || l->n_let_go > G_MAXINT32)
		forget(l);
}
