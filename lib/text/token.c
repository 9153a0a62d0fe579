/*
 * Tokens: the words of a text as everything that compares, indexes or searches sees them.  One
 * pass; ASCII is folded byte by byte, the rest by jp_fold_char().
 */
#include <string.h>

#include "base/limits.h"
#include "text/internal.h"

/* FNV-1a. */
#define FNV_BASIS 2166136261u
#define FNV_PRIME 16777619u

/* What an ASCII byte of a word folds to, 0 for all others. */
static const char word_byte[256] = {['0'] = '0',
    ['1'] = '1',
    ['2'] = '2',
    ['3'] = '3',
    ['4'] = '4',
    ['5'] = '5',
    ['6'] = '6',
    ['7'] = '7',
    ['8'] = '8',
    ['9'] = '9',
    ['A'] = 'a',
    ['B'] = 'b',
    ['C'] = 'c',
    ['D'] = 'd',
    ['E'] = 'e',
    ['F'] = 'f',
    ['G'] = 'g',
    ['H'] = 'h',
    ['I'] = 'i',
    ['J'] = 'j',
    ['K'] = 'k',
    ['L'] = 'l',
    ['M'] = 'm',
    ['N'] = 'n',
    ['O'] = 'o',
    ['P'] = 'p',
    ['Q'] = 'q',
    ['R'] = 'r',
    ['S'] = 's',
    ['T'] = 't',
    ['U'] = 'u',
    ['V'] = 'v',
    ['W'] = 'w',
    ['X'] = 'x',
    ['Y'] = 'y',
    ['Z'] = 'z',
    ['a'] = 'a',
    ['b'] = 'b',
    ['c'] = 'c',
    ['d'] = 'd',
    ['e'] = 'e',
    ['f'] = 'f',
    ['g'] = 'g',
    ['h'] = 'h',
    ['i'] = 'i',
    ['j'] = 'j',
    ['k'] = 'k',
    ['l'] = 'l',
    ['m'] = 'm',
    ['n'] = 'n',
    ['o'] = 'o',
    ['p'] = 'p',
    ['q'] = 'q',
    ['r'] = 'r',
    ['s'] = 's',
    ['t'] = 't',
    ['u'] = 'u',
    ['v'] = 'v',
    ['w'] = 'w',
    ['x'] = 'x',
    ['y'] = 'y',
    ['z'] = 'z'};

/* One reading of a text; the pool is written through pointers and grown ahead of need. */
struct scan {
	const char *p, *end;
	const char *word_end; /* of the token before */
	GString *pool;
	gsize used; /* bytes of the pool that are written */
};

jp_tokens *
jp_tokens_new(void)
{
	jp_tokens *t = g_new0(jp_tokens, 1);

	t->items = g_array_sized_new(FALSE, FALSE, sizeof(jp_token), 64);
	t->pool = g_string_sized_new(512);
	return t;
}

void
jp_tokens_free(jp_tokens *t)
{
	if (!t)
		return;
	g_array_free(t->items, TRUE);
	g_string_free(t->pool, TRUE);
	g_free(t);
}

/* The character at p; an invalid byte is U+FFFD of one byte. */
static gunichar
char_at(const char *p, const char *end, gsize *len)
{
	gunichar c = g_utf8_get_char_validated(p, end - p);

	if (c >= (gunichar)-2) {
		*len = 1;
		return 0xfffd;
	}
	*len = (gsize)(g_utf8_next_char(p) - p);
	return c;
}

static gboolean
starts_word(const char *p, const char *end)
{
	gsize len;

	if (p >= end)
		return FALSE;
	return word_byte[(guchar)*p] || ((*p & 0x80) && g_unichar_isalnum(char_at(p, end, &len)));
}

/* Length of an apostrophe at p, 0 for anything else. */
static gsize
apostrophe(const char *p, const char *end)
{
	if (*p == '\'')
		return 1;
	return end - p >= 3 && memcmp(p, "\342\200\231", 3) == 0 ? 3 : 0;
}

/* The pool has room for at least n bytes more than are used. */
static void
reserve(struct scan *s, gsize n)
{
	if (s->used + n > s->pool->allocated_len)
		g_string_set_size(s->pool, MAX(2 * s->pool->allocated_len, s->used + n));
}

/* Folds the character of a word at s->p, of len bytes; marks that mean a sound of their own (vowel
 * signs) stay, but only behind a letter. */
static void
scan_high(struct scan *s, gunichar c, gsize len, gsize word_at)
{
	reserve(s, (gsize)(s->end - s->p) + JP_FOLD_MAX + 8);
	if (!g_unichar_ismark(c) || jp_fold_is_mark(c))
		s->used += jp_fold_char(c, TRUE, s->pool->str + s->used);
	else if (s->used > word_at)
		s->used += (gsize)g_unichar_to_utf8(c, s->pool->str + s->used);
	s->p += len;
}

/* The plain part of a word; through locals, because a byte written could alias anything. */
static void
scan_ascii(struct scan *s)
{
	const char *p = s->p, *end = s->end;
	char *out = s->pool->str + s->used;
	char c;

	while (p < end && (c = word_byte[(guchar)*p])) {
		*out++ = c;
		p++;
	}
	s->used = (gsize)(out - s->pool->str);
	s->p = p;
}

/* Goes past the word at s->p, its folded form into the pool.  There is always room for as many
 * bytes as are left of the text: only what is not ASCII can grow. */
static void
scan_word(struct scan *s)
{
	gsize word_at = s->used;

	for (;;) {
		gunichar c;
		gsize len;

		scan_ascii(s);
		if (s->p == s->end || *s->p == ' ')
			return;
		len = apostrophe(s->p, s->end);
		if (len) {
			if (!starts_word(s->p + len, s->end))
				return;
			s->p += len;
			continue;
		}
		if (!(*s->p & 0x80))
			return;
		c = char_at(s->p, s->end, &len);
		if (!g_unichar_isalnum(c) && !g_unichar_ismark(c) && !jp_fold_is_mark(c))
			return;
		scan_high(s, c, len, word_at);
	}
}

/* "c" before "++" or "#", "f" before "#": the sign belongs to the word. */
static void
scan_sign(struct scan *s, gsize at)
{
	char letter = s->used - at == 1 ? s->pool->str[at] : '\0';
	gsize left = (gsize)(s->end - s->p);

	if (letter == 'c' && left >= 2 && s->p[0] == '+' && s->p[1] == '+') {
		memcpy(s->pool->str + s->used, "++", 2);
		s->used += 2;
		s->p += 2;
	} else if ((letter == 'c' || letter == 'f') && left >= 1 && *s->p == '#') {
		s->pool->str[s->used++] = '#';
		s->p++;
	}
}

/* ".NET" standing alone: no word before the dot, none after. */
static gboolean
is_dotnet(const struct scan *s)
{
	return s->end - s->p >= 4 && s->p != s->word_end &&
	    g_ascii_strncasecmp(s->p, ".net", 4) == 0 && !starts_word(s->p + 4, s->end);
}

/* Goes to the next token's first byte; FALSE at the end. */
static inline gboolean
skip_to_word(struct scan *s)
{
	while (s->p < s->end) {
		gsize len;

		if (word_byte[(guchar)*s->p] || (*s->p == '.' && is_dotnet(s)))
			return TRUE;
		if (!(*s->p & 0x80)) {
			s->p++;
			continue;
		}
		if (g_unichar_isalnum(char_at(s->p, s->end, &len)))
			return TRUE;
		s->p += len;
	}
	return FALSE;
}

guint32
jp_token_hash(const char *folded)
{
	guint32 h = FNV_BASIS;

	for (const char *p = folded; *p; p++)
		h = (h ^ (guchar)*p) * FNV_PRIME;
	return h;
}

/* The token at s->p where it is ASCII letters and digits and nothing behind it could belong to it:
 * most words of most texts.  FALSE: it is another one, nothing was done. */
static inline gboolean
scan_plain(struct scan *s, jp_token *token)
{
	const char *p = s->p, *end = s->end;
	char *start = s->pool->str + s->used, *out = start, c;
	guint32 h = FNV_BASIS;

	while (p < end && (c = word_byte[(guchar)*p])) {
		h = (h ^ (guchar)c) * FNV_PRIME;
		*out++ = c;
		p++;
	}
	if (p == s->p || (p < end && ((*p & 0x80) || *p == '\'' || *p == '+' || *p == '#')))
		return FALSE;
	*out++ = '\0';
	token->hash = h;
	token->len = (guint32)(p - s->p);
	s->used += (gsize)(out - start);
	s->p = s->word_end = p;
	return TRUE;
}

/* The token at s->p, which begins one, into the pool; FALSE when nothing of it is left. */
static inline gboolean
scan_token(struct scan *s, const char *text, jp_token *token)
{
	/* Tokens that touch ("c++c++") need more than the text has. */
	reserve(s, (gsize)(s->end - s->p) + JP_FOLD_MAX);
	token->start = (guint32)(s->p - text);
	token->at = (guint32)s->used;
	if (scan_plain(s, token))
		return TRUE;
	if (*s->p == '.') {
		memcpy(s->pool->str + s->used, ".net", 4);
		s->used += 4;
		s->p += 4;
	} else {
		scan_word(s);
		scan_sign(s, token->at);
	}
	s->word_end = s->p;
	if (s->used == token->at)
		return FALSE;
	s->pool->str[s->used++] = '\0';
	token->len = (guint32)(s->p - text) - token->start;
	token->hash = jp_token_hash(s->pool->str + token->at);
	return TRUE;
}

void
jp_tokens_parse(jp_tokens *t, const char *text, gssize len)
{
	gsize n = MIN(len < 0 ? strlen(text) : (gsize)len, G_MAXUINT32 / 2);
	struct scan s = {.p = text, .end = text + n, .pool = t->pool};
	guint most = (guint)MIN(n, JP_MAX_TOKENS), count = 0;

	/* Room for as many as there can be, given back at the end. */
	g_array_set_size(t->items, most);
	g_string_truncate(t->pool, 0);
	reserve(&s, n + JP_FOLD_MAX);
	while (count < most && skip_to_word(&s))
		count += scan_token(&s, text, &g_array_index(t->items, jp_token, count)) ? 1 : 0;
	g_array_set_size(t->items, count);
	g_string_set_size(t->pool, s.used);
}

char *
jp_token_words(const char *text, gssize len)
{
	gsize n = MIN(len < 0 ? strlen(text) : (gsize)len, G_MAXUINT32 / 2);
	struct scan s = {.p = text, .end = text + n, .pool = g_string_sized_new(n + JP_FOLD_MAX)};
	jp_token token;

	s.pool->str[s.used++] = ' ';
	for (guint count = 0; count < JP_MAX_TOKENS && skip_to_word(&s);)
		if (scan_token(&s, text, &token)) {
			s.pool->str[s.used - 1] = ' '; /* where the NUL was */
			count++;
		}
	g_string_set_size(s.pool, s.used);
	return g_string_free(s.pool, FALSE);
}
