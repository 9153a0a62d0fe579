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

/* One reading of a text; the pool is written through pointers and grown ahead of need. */
struct scan {
	const char *text, *p, *end;
	const char *word_end; /* of the token before */
	jp_tokens *t;
};

void
jp_tokens_clear(jp_tokens *t)
{
	if (t->items != t->few)
		g_free(t->items);
	if (t->pool != t->brief)
		g_free(t->pool);
	t->items = NULL;
	t->pool = NULL;
	t->n = 0;
	t->pool_len = 0;
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

/* ---- room ------------------------------------------------------------------------------------ */

/* Bytes of the pool that so much text can need where it is ASCII: each token has a NUL, and is a
 * byte and what separates it, or two ("c#"); plain words are written by sixteen bytes and more. */
static inline gsize
room_for(gsize text)
{
	return text + text / 2 + 32;
}

/* The pool has room for at least n bytes more than are used. */
static void
reserve(jp_tokens *t, gsize n)
{
	gsize want = t->pool_len + n;
	char *old = t->pool;

	if (want <= t->pool_room)
		return;
	t->pool_room = MAX(2 * t->pool_room, want);
	if (old != t->brief) {
		t->pool = g_realloc(old, t->pool_room);
		return;
	}
	t->pool = g_malloc(t->pool_room);
	memcpy(t->pool, old, t->pool_len);
}

/* Empties it and makes room for the tokens of so much text; gives how many there can be. */
static guint
begin(jp_tokens *t, gsize text)
{
	guint most = (guint)MIN(text / 2 + 1, JP_MAX_TOKENS);

	if (!t->items) {
		t->items = t->few;
		t->room = G_N_ELEMENTS(t->few);
		t->pool = t->brief;
		t->pool_room = sizeof t->brief;
	}
	t->n = 0;
	t->pool_len = 0;
	reserve(t, room_for(text));
	if (most > t->room) {
		if (t->items != t->few)
			g_free(t->items);
		t->items = g_new(jp_token, most);
		t->room = most;
	}
	return most;
}

/* ---- words of any kind ----------------------------------------------------------------------- */

/* Folds the character of a word at s->p, of len bytes; marks that mean a sound of their own (vowel
 * signs) stay, but only behind a letter. */
static void
scan_high(struct scan *s, gunichar c, gsize len, gsize word_at)
{
	jp_tokens *t = s->t;

	reserve(t, room_for((gsize)(s->end - s->p)) + JP_FOLD_MAX);
	if (!g_unichar_ismark(c) || jp_fold_is_mark(c))
		t->pool_len += jp_fold_char(c, TRUE, t->pool + t->pool_len);
	else if (t->pool_len > word_at)
		t->pool_len += (gsize)g_unichar_to_utf8(c, t->pool + t->pool_len);
	s->p += len;
}

/* The plain part of a word; through locals, because a byte written could alias anything. */
static void
scan_ascii(struct scan *s)
{
	const char *p = s->p, *end = s->end;
	char *out = s->t->pool + s->t->pool_len;
	char c;

	while (p < end && (c = word_byte[(guchar)*p])) {
		*out++ = c;
		p++;
	}
	s->t->pool_len = (gsize)(out - s->t->pool);
	s->p = p;
}

/* Goes past the word at s->p, its folded form into the pool.  There is always room for as many
 * bytes as are left of the text: only what is not ASCII can grow. */
static void
scan_word(struct scan *s)
{
	gsize word_at = s->t->pool_len;

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
	jp_tokens *t = s->t;
	char letter = t->pool_len - at == 1 ? t->pool[at] : '\0';
	gsize left = (gsize)(s->end - s->p);

	if (letter == 'c' && left >= 2 && s->p[0] == '+' && s->p[1] == '+') {
		memcpy(t->pool + t->pool_len, "++", 2);
		t->pool_len += 2;
		s->p += 2;
	} else if ((letter == 'c' || letter == 'f') && left >= 1 && *s->p == '#') {
		t->pool[t->pool_len++] = '#';
		s->p++;
	}
}

/* The "NET" of ".NET" standing alone: no word before the dot, none after. */
static gboolean
is_dotnet(const struct scan *s, const char *word)
{
	return word > s->text && word[-1] == '.' && word - 1 != s->word_end && s->end - word >= 3 &&
	    g_ascii_strncasecmp(word, "net", 3) == 0 && !starts_word(word + 3, s->end);
}

/* Reads the token at s->p, which begins one; none when nothing of it is left. */
static void
scan_thorough(struct scan *s)
{
	jp_tokens *t = s->t;
	jp_token *token = &t->items[t->n];
	gsize at = t->pool_len;
	const char *from = s->p;

	if (*s->p == '.') {
		memcpy(t->pool + at, ".net", 4);
		t->pool_len += 4;
		s->p += 4;
	} else {
		scan_word(s);
		scan_sign(s, at);
	}
	s->word_end = s->p;
	if (t->pool_len == at)
		return;
	t->pool[t->pool_len++] = '\0';
	*token = (jp_token){.start = (guint32)(from - s->text),
	    .len = (guint32)(s->p - from),
	    .at = (guint32)at,
	    .hash = jp_token_hash(t->pool + at)};
	t->n++;
}

/* ---- plain words, many bytes at once --------------------------------------------------------- */

/* Bytes that are looked at together, and those that may be read. */
#define WINDOW   64
#define READABLE (WINDOW + 16)

/* Sixty-four bytes of a text, a bit for each. */
struct window {
	guint64 plain; /* letters and digits of ASCII */
	guint64 odd;   /* where a word ends to which more may belong, and what is not ASCII */
	guint64 todo;  /* where something begins that has to be read */
};

static inline void
look(struct window *w, const char *p, gboolean after_dot)
{
	guint64 high = 0, dots = after_dot ? 1 : 0;

	*w = (struct window){.plain = 0};
	for (guint i = 0; i < WINDOW; i += 16) {
		jp_sixteen v = jp_sixteen_at(p + i), small = v | 0x20;

		w->plain |= jp_bits_of((jp_sixteen)(small - 'a' < 26) | (jp_sixteen)(v - '0' < 10))
		    << i;
		w->odd |= jp_bits_of((jp_sixteen)(v == '\'') | (jp_sixteen)(v == '+') |
			      (jp_sixteen)(v == '#'))
		    << i;
		high |= jp_bits_of(v) << i;
		dots |= jp_bits_of((jp_sixteen)(v == '.')) << i << 1;
	}
	w->todo = (w->plain & ~(w->plain << 1)) | high;
	/* a bit added where a word begins is carried to where it ends */
	w->odd |= high | ((w->plain + (w->todo & dots)) & ~w->plain);
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

/* Of at least sixteen bytes, zeros behind the token. */
guint32
jp_token_hash(const char *folded)
{
	const char *end = folded + strlen(folded);
	guint64 h = hash_step(0, jp_eight_at(folded, end));

	folded += MIN(8, end - folded);
	h = hash_step(h, jp_eight_at(folded, end));
	for (folded += MIN(8, end - folded); folded < end; folded += MIN(8, end - folded))
		h = hash_step(h, jp_eight_at(folded, end));
	return hash_end(h);
}

/* From the ninth on: which of eight bytes belong to a word of so many; from the first on, which of
 * the eight behind those.  Read off a table, because a branch that nobody can foresee is dear. */
static const guint64 kept[25] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xffff, 0xffffff, 0xffffffff,
    0xffffffffff, 0xffffffffffff, 0xffffffffffffff, ~G_GUINT64_CONSTANT(0), ~G_GUINT64_CONSTANT(0),
    ~G_GUINT64_CONSTANT(0), ~G_GUINT64_CONSTANT(0), ~G_GUINT64_CONSTANT(0), ~G_GUINT64_CONSTANT(0),
    ~G_GUINT64_CONSTANT(0), ~G_GUINT64_CONSTANT(0), ~G_GUINT64_CONSTANT(0)};

/* Puts eight bytes of a plain word in small letters, those of `keep`, and gives them. */
static inline guint64
put_eight(char *to, const char *p, guint64 keep)
{
	guint64 w = (jp_eight_at(p, p + 8) | JP_EACH_BYTE(0x20)) & keep, le = GUINT64_TO_LE(w);

	memcpy(to, &le, 8);
	return w;
}

/* Puts the plain word of n bytes at p, zeros behind it; gives its hash. */
static inline guint32
put_plain(char *out, const char *p, guint n)
{
	guint most = MIN(n, 16);
	guint64 h = hash_step(0, put_eight(out, p, kept[8 + most]));

	h = hash_step(h, put_eight(out + 8, p + 8, kept[most]));
	for (guint i = 16; i < n; i += 8)
		h = hash_step(h, put_eight(out + i, p + i, kept[8 + MIN(n - i, 8)]));
	out[n] = '\0';
	return hash_end(h);
}

/* Reads the plain words that begin where w->todo has bits, up to one that may not be plain; `bytes`
 * are those at `from`. */
static void
read_plain(struct scan *s, struct window *w, const char *from, const char *bytes, guint most)
{
	jp_tokens *t = s->t;
	jp_token *item = t->items + t->n, *last = t->items + most;
	char *out = t->pool + t->pool_len;
	guint32 start = (guint32)(from - s->text), at = (guint32)t->pool_len;
	guint64 plain = w->plain, odd = w->odd, todo = w->todo;

	for (; todo && item < last; todo &= todo - 1) {
		guint i = (guint)__builtin_ctzll(todo), n = (guint)__builtin_ctzll(~(plain >> i));

		if (odd >> (i + n) & 1)
			break;
		item->start = start + i;
		item->len = n;
		item->at = at;
		item->hash = put_plain(out, bytes + i, n);
		out += n + 1;
		at += n + 1;
		item++;
	}
	w->todo = todo;
	if (item == t->items + t->n)
		return;
	s->word_end = s->text + item[-1].start + item[-1].len;
	t->n = (guint)(item - t->items);
	t->pool_len = at;
}

/* Reads what is at s->p: a word that needs more than a look, or no word at all. */
static void
read_other(struct scan *s, gboolean is_plain)
{
	gsize len;

	if (is_plain) {
		s->p -= is_dotnet(s, s->p) ? 1 : 0;
		scan_thorough(s);
	} else if (g_unichar_isalnum(char_at(s->p, s->end, &len))) {
		scan_thorough(s);
	} else {
		s->p += len;
	}
}

/*
 * Reads the tokens that begin in the next 64 bytes, but for a word that reaches their end: the next
 * window begins there.  Where words begin and end is read off bits, since a processor cannot
 * foresee it byte by byte.
 */
static void
scan_window(struct scan *s, guint most)
{
	const char *from = s->p, *bytes = from, *next;
	gsize left = (gsize)(s->end - from), done;
	char rest[READABLE];
	struct window w;

	if (left < READABLE) {
		memset(rest, 0, sizeof rest);
		bytes = memcpy(rest, from, left);
	}
	look(&w, bytes, from > s->text && from[-1] == '.');
	if (w.plain == ~G_GUINT64_CONSTANT(0)) {
		scan_thorough(s);
		return;
	}
	next = from + WINDOW - __builtin_clzll(~w.plain);
	w.todo &= ~G_GUINT64_CONSTANT(0) >> (from + WINDOW - next);
	for (;;) {
		read_plain(s, &w, from, bytes, most);
		if (w.todo == 0 || s->t->n == most)
			break;
		s->p = from + __builtin_ctzll(w.todo);
		read_other(s, !(*s->p & 0x80));
		next = MAX(next, s->p);
		done = (gsize)(s->p - from);
		w.todo &= done < WINDOW ? ~G_GUINT64_CONSTANT(0) << done : 0;
	}
	s->p = next;
}

void
jp_tokens_parse(jp_tokens *t, const char *text, gssize len)
{
	gsize n = MIN(len < 0 ? strlen(text) : (gsize)len, G_MAXUINT32 / 2);
	struct scan s = {.text = text, .p = text, .end = text + n, .t = t};
	guint most = begin(t, n);

	while (s.p < s.end && t->n < most)
		scan_window(&s, most);
}

char *
jp_token_words(const char *text, gssize len)
{
	g_auto(jp_tokens) t = JP_TOKENS_INIT;
	char *words;

	jp_tokens_parse(&t, text, len);
	words = g_malloc(t.pool_len + 2);
	words[0] = ' ';
	memcpy(words + 1, t.pool, t.pool_len);
	for (guint i = 1; i < t.n; i++)
		words[t.items[i].at] = ' ';
	if (t.n > 0)
		words[t.pool_len] = ' ';
	words[t.pool_len + 1] = '\0';
	return words;
}
