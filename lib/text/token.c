/*
 * Tokens: the words of a text as everything that compares, indexes or searches sees them.  One
 * pass; ASCII is folded byte by byte, the rest by jp_fold_char().
 */
#include "base/limits.h"
#include "text/internal.h"

/* Of the hash: the golden ratio, and another odd number. */
#define HASH_STEP G_GUINT64_CONSTANT(0x9e3779b97f4a7c15)
#define HASH_END  G_GUINT64_CONSTANT(0xc2b2ae3d27d4eb4f)

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

/* Bytes that can belong to the word before them. */
static const gboolean may_follow[256] = {
    ['\''] = TRUE, ['+'] = TRUE, ['#'] = TRUE, [0x80 ... 0xff] = TRUE};

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

/* Bytes of the pool that so much text can need where it is ASCII: each token has a NUL, and is a
 * byte and what separates it, or two ("c#"); words are written eight bytes at a time. */
static inline gsize
room_for(gsize text)
{
	return text + text / 2 + 16;
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
	reserve(s, room_for((gsize)(s->end - s->p)) + JP_FOLD_MAX);
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

/* ---- plain words, eight bytes at a time ----------------------------------------------------- */

/* How many of the eight bytes from the first on are ASCII letters or digits; *folded has them in
 * small letters and zeros behind them. */
static inline guint
plain_bytes(guint64 w, guint64 *folded)
{
	guint64 seven = w & JP_EACH_BYTE(0x7f), small = seven | JP_EACH_BYTE(0x20);
	/* the high bit of each byte: from 'a' on and not behind 'z', and so for '0' and '9' */
	guint64 letter = (small + JP_EACH_BYTE(0x80 - 'a')) & ~(small + JP_EACH_BYTE(0x7f - 'z'));
	guint64 digit = (seven + JP_EACH_BYTE(0x80 - '0')) & ~(seven + JP_EACH_BYTE(0x7f - '9'));
	guint64 others = (~(letter | digit) | w) & JP_EACH_BYTE(0x80);
	guint n;

	if (others == 0) {
		*folded = small;
		return 8;
	}
	n = jp_bytes_before(others);
	*folded = small & ((G_GUINT64_CONSTANT(1) << (8 * n)) - 1);
	return n;
}

static inline guint64
hash_step(guint64 h, guint64 eight)
{
	return (h ^ eight) * HASH_STEP;
}

static inline guint32
hash_end(guint64 h)
{
	return (guint32)(((h ^ h >> 32) * HASH_END) >> 32);
}

guint32
jp_token_hash(const char *folded)
{
	const char *end = folded + strlen(folded);
	guint64 h = 0;

	for (; folded < end; folded += MIN(8, end - folded))
		h = hash_step(h, jp_eight_at(folded, end));
	return hash_end(h);
}

/* The token at s->p where it is ASCII letters and digits and nothing behind it could belong to it:
 * most words of most texts.  FALSE: it is another one, nothing was done. */
static inline gboolean
scan_plain(struct scan *s, jp_token *token)
{
	const char *p = s->p, *end = s->end;
	char *start = s->pool->str + s->used, *out = start;
	guint64 h = 0, folded, le;
	guint n;

	do {
		n = plain_bytes(jp_eight_at(p, end), &folded);
		le = GUINT64_TO_LE(folded);
		memcpy(out, &le, 8); /* the zeros behind a word end it; there is room */
		if (n > 0)
			h = hash_step(h, folded);
		p += n;
		out += n;
	} while (n == 8);
	if (out == start || (p < end && may_follow[(guchar)*p]))
		return FALSE;
	token->hash = hash_end(h);
	token->len = (guint32)(out - start);
	s->used += token->len + 1;
	s->p = s->word_end = p;
	return TRUE;
}

static gboolean
scan_thorough(struct scan *s, jp_token *token)
{
	const char *from = s->p;

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
	token->len = (guint32)(s->p - from);
	token->hash = jp_token_hash(s->pool->str + token->at);
	return TRUE;
}

/* The token at s->p, which begins one, into the pool; FALSE when nothing of it is left. */
static inline gboolean
scan_token(struct scan *s, const char *text, jp_token *token)
{
	token->start = (guint32)(s->p - text);
	token->at = (guint32)s->used;
	return scan_plain(s, token) || scan_thorough(s, token);
}

void
jp_tokens_parse(jp_tokens *t, const char *text, gssize len)
{
	gsize n = MIN(len < 0 ? strlen(text) : (gsize)len, G_MAXUINT32 / 2);
	struct scan s = {.p = text, .end = text + n, .pool = t->pool};
	guint most = (guint)MIN(n / 2 + 1, JP_MAX_TOKENS), count = 0;

	/* Room for as many as there can be, given back at the end. */
	g_array_set_size(t->items, most);
	g_string_truncate(t->pool, 0);
	reserve(&s, room_for(n));
	while (count < most && skip_to_word(&s))
		count += scan_token(&s, text, &g_array_index(t->items, jp_token, count)) ? 1 : 0;
	g_array_set_size(t->items, count);
	g_string_set_size(t->pool, s.used);
}

char *
jp_token_words(const char *text, gssize len)
{
	gsize n = MIN(len < 0 ? strlen(text) : (gsize)len, G_MAXUINT32 / 2);
	struct scan s = {.p = text, .end = text + n, .pool = g_string_sized_new(room_for(n) + 1)};
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
