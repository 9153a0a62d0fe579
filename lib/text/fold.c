/*
 * Cleaning and folding.  Cleaned text is valid UTF-8 in NFC without control characters; folded text
 * is what two spellings of a word have in common.  Plain ASCII takes a short way through both.
 */
#include "text/internal.h"

static const guint16 cp1252_high[32] = {0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021,
    0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d,
    0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178};

gunichar
jp_cp1252_char(guchar byte)
{
	return byte >= 0x80 && byte < 0xa0 ? cp1252_high[byte - 0x80] : byte;
}

/* ---- characters ------------------------------------------------------------------------------ */

gboolean
jp_is_bidi(gunichar c)
{
	return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

gboolean
jp_is_dropped(gunichar c)
{
	if (c < 0xad)
		return c < 0x20 || (c >= 0x7f && c < 0xa0);
	return c == 0xad || c == 0x200b || c == 0x2060 || c == 0xfeff || jp_is_bidi(c) ||
	    (c >= 0xfff9 && c <= 0xfffb) || (c & 0xfffe) == 0xfffe ||
	    (c >= 0xe0000 && c <= 0xe007f);
}

gboolean
jp_fold_is_mark(gunichar c)
{
	if (c < 0x300)
		return c == 0xad;
	return (c <= 0x36f) || (c >= 0x591 && c <= 0x5c7) || (c >= 0x64b && c <= 0x652) ||
	    (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x1dc0 && c <= 0x1dff) ||
	    (c >= 0x200b && c <= 0x200f) || c == 0x2060 || (c >= 0x20d0 && c <= 0x20ff) ||
	    (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xfe20 && c <= 0xfe2f) || c == 0xfeff;
}

/* Letters that no decomposition takes apart, and the marks that a keyboard has one of. */
static const char *
fold_special(gunichar c)
{
	switch (c) {
	case 0xdf: /* sharp s */
	case 0x1e9e:
		return "ss";
	case 0xc6:
	case 0xe6:
		return "ae";
	case 0x152:
	case 0x153:
		return "oe";
	case 0xd8:
	case 0xf8:
		return "o";
	case 0xd0: /* eth, d with stroke */
	case 0xf0:
	case 0x110:
	case 0x111:
		return "d";
	case 0xde: /* thorn */
	case 0xfe:
		return "th";
	case 0x141: /* l with stroke */
	case 0x142:
		return "l";
	case 0x126:
	case 0x127:
		return "h";
	case 0x131: /* dotless i */
		return "i";
	case 0x138:
		return "k";
	case 0x14a:
	case 0x14b:
		return "n";
	case 0x166:
	case 0x167:
		return "t";
	case 0x3c2: /* final sigma */
		return "\317\203";
	case 0x2018:
	case 0x2019:
	case 0x2bc:
		return "'";
	case 0x2010:
	case 0x2011:
	case 0x2012:
	case 0x2013:
	case 0x2014:
	case 0x2212:
		return "-";
	}
	return NULL;
}

/* Hangul and kana decompose into parts that mean another sound; they are kept whole. */
static gboolean
keeps_whole(gunichar c)
{
	return (c >= 0x3041 && c <= 0x30ff) || (c >= 0xac00 && c <= 0xd7a3) || c == 0xfffd;
}

gsize
jp_fold_char(gunichar c, gboolean word, char *out)
{
	const char *special = fold_special(c);
	gunichar parts[G_UNICHAR_MAX_DECOMPOSITION_LENGTH];
	gsize n = 1, len = 0;

	if (special) {
		len = strlen(special);
		memcpy(out, special, len);
		return word && !g_ascii_isalnum(*out) && len == 1 ? 0 : len;
	}
	parts[0] = c;
	if (!keeps_whole(c))
		n = g_unichar_fully_decompose(c, TRUE, parts, G_N_ELEMENTS(parts));
	for (gsize i = 0; i < n; i++) {
		gunichar part = g_unichar_tolower(parts[i]);

		if (jp_fold_is_mark(part) || (word && !g_unichar_isalnum(part)))
			continue;
		special = part >= 0x80 ? fold_special(part) : NULL;
		if (special && word && !special[1] && !g_ascii_isalnum(*special))
			continue; /* the apostrophe in U+0149 */
		if (special)
			len += (gsize)(g_stpcpy(out + len, special) - (out + len));
		else
			len += (gsize)g_unichar_to_utf8(part, out + len);
	}
	return len;
}

/* TRUE when a text of such characters is NFC for certain (a part of NFC_Quick_Check=Yes). */
static gboolean
is_surely_nfc(gunichar c)
{
	return c < 0x300 || (c >= 0x400 && c <= 0x482) || (c >= 0x2010 && c <= 0x205e) ||
	    (c >= 0x20a0 && c <= 0x20cf) || (c >= 0x2190 && c <= 0x2328) ||
	    (c >= 0x232b && c <= 0x2adb) || (c >= 0x4e00 && c <= 0x9fff) ||
	    (c >= 0xac00 && c <= 0xd7a3) || c == 0xfffd || (c >= 0x1f300 && c <= 0x1faff);
}

/* ---- the sink -------------------------------------------------------------------------------- */

void
jp_sink_init(jp_sink *s, gsize size_hint, gsize max)
{
	*s = (jp_sink){.max = max};
	s->out = g_string_sized_new(max && max < size_hint ? max + 64 : size_hint + 16);
}

void
jp_sink_break(jp_sink *s, guint n)
{
	s->newlines = MAX(s->newlines, n);
}

/* What was pending comes out before something visible. */
static void
sink_pending(jp_sink *s)
{
	if (s->out->len) {
		if (s->newlines)
			g_string_append_len(s->out, "\n\n", s->newlines);
		else if (s->blank)
			g_string_append_c(s->out, ' ');
	}
	s->newlines = 0;
	s->blank = FALSE;
	if (s->prefix) {
		g_string_append(s->out, s->prefix);
		s->prefix = NULL;
	}
}

static void
sink_put(jp_sink *s, const char *text, gsize len)
{
	if (s->newlines || s->blank || s->prefix)
		sink_pending(s);
	g_string_append_len(s->out, text, (gssize)len);
	/* Normalising can shorten: what is cut exactly is cut at the end. */
	if (s->max && s->out->len > (s->needs_nfc ? 4 * s->max : s->max))
		s->full = TRUE;
}

static void
sink_put_char(jp_sink *s, gunichar c)
{
	char bytes[6];

	sink_put(s, bytes, (gsize)g_unichar_to_utf8(c, bytes));
}

/* One character of more than a byte, or a broken one; gives what follows it. */
static const char *
sink_high(jp_sink *s, const char *p, const char *end, gboolean lines)
{
	gunichar c = g_utf8_get_char_validated(p, end - p);

	if (c >= (gunichar)-2) {
		sink_put(s, "\357\277\275", 3);
		return p + 1;
	}
	if (s->is_cp1252 && c < 0xa0 && jp_cp1252_char((guchar)c) != c) {
		sink_put_char(s, jp_cp1252_char((guchar)c));
	} else if (c == 0x85 || c == 0x2028 || c == 0x2029) {
		if (lines)
			s->newlines = MIN(s->newlines + 1, 2);
		s->blank = TRUE;
	} else if (g_unichar_isspace(c)) {
		s->blank = TRUE;
	} else if (!jp_is_dropped(c)) {
		if (!is_surely_nfc(c))
			s->needs_nfc = TRUE;
		sink_put(s, p, (gsize)(g_utf8_next_char(p) - p));
	}
	return g_utf8_next_char(p);
}

static void
sink_control(jp_sink *s, char c, char next, gboolean lines)
{
	if (c == ' ' || c == '\t' || c == '\v' || c == '\f')
		s->blank = TRUE;
	if (c != '\n' && c != '\r')
		return;
	if (lines && !(c == '\r' && next == '\n'))
		s->newlines = MIN(s->newlines + 1, 2);
	s->blank = TRUE;
}

/* The end of the words at p and of the single blanks between them, at markup at the latest if it is
 * some; p where there is no word. */
static inline const char *
words_end(const char *p, const char *end, gboolean is_markup)
{
	const char *from = p;
	guint stops = 0;

	if (p == end || *p == ' ')
		return p;
	while (!stops) {
		char rest[16] = {0}; /* and nothing behind the end is a word */
		jp_sixteen v = jp_sixteen_at(
		    end - p >= 16 ? p : (const char *)memcpy(rest, p, (gsize)(end - p)));
		guint blanks = (guint)jp_bits_of((jp_sixteen)(v == ' '));

		stops =
		    (guint)jp_bits_of((jp_sixteen)(v - ' ' >= 0x7f - ' ')) | (blanks & blanks << 1);
		if (is_markup)
			stops |= (guint)jp_bits_of((jp_sixteen)(v == '<') | (jp_sixteen)(v == '&'));
		/* a blank at the end: what is behind it? */
		p += stops ? (guint)__builtin_ctz(stops) : 16 - (blanks >> 15);
	}
	return p > from && p[-1] == ' ' ? p - 1 : p;
}

const char *
jp_sink_words(jp_sink *s, const char *p, const char *end)
{
	const char *stop = words_end(p, end, TRUE);

	if (stop > p && !s->full)
		sink_put(s, p, (gsize)(stop - p));
	return stop;
}

void
jp_sink_text(jp_sink *s, const char *text, gsize len, gboolean lines)
{
	const char *p = text, *end = text + len;

	while (p < end && !s->full) {
		const char *run = p;

		p = words_end(p, end, FALSE);
		if (p > run) {
			sink_put(s, run, (gsize)(p - run));
		} else if (*p & 0x80) {
			p = sink_high(s, p, end, lines);
		} else {
			sink_control(s, *p, p + 1 < end ? p[1] : '\0', lines);
			p++;
		}
	}
}

static gsize
boundary_before(const char *text, gsize at)
{
	while (at > 0 && ((guchar)text[at] & 0xc0) == 0x80)
		at--;
	return at;
}

char *
jp_sink_end(jp_sink *s)
{
	GString *out = g_steal_pointer(&s->out);

	if (s->needs_nfc) {
		char *nfc = g_utf8_normalize(out->str, (gssize)out->len, G_NORMALIZE_NFC);

		g_string_assign(out, nfc ? nfc : "");
		g_free(nfc);
	}
	if (s->max && out->len > s->max) {
		g_string_truncate(out, boundary_before(out->str, s->max));
		while (
		    out->len && (out->str[out->len - 1] == ' ' || out->str[out->len - 1] == '\n'))
			g_string_truncate(out, out->len - 1);
	}
	return g_string_free(out, FALSE);
}

/* ---- whole texts --------------------------------------------------------------------- */

char *
jp_text_clean(const char *text, gssize len, gsize max, gboolean lines)
{
	jp_sink s;
	gsize n = !text ? 0 : len < 0 ? strlen(text) : (gsize)len;

	/* most titles, names and places are clean already */
	if (n > 0 && (max == 0 || n <= max) && words_end(text, text + n, FALSE) == text + n)
		return g_strndup(text, n);
	jp_sink_init(&s, n, max);
	if (n)
		jp_sink_text(&s, text, n, lines);
	return jp_sink_end(&s);
}

static void
fold_byte(GString *out, char c, gboolean *blank)
{
	if (c == ' ') {
		*blank = out->len > 0;
		return;
	}
	if (*blank)
		g_string_append_c(out, ' ');
	*blank = FALSE;
	g_string_append_c(out, c);
}

static const char *
fold_high(GString *out, const char *p, gboolean *blank)
{
	gunichar c = g_utf8_get_char_validated(p, -1);
	char folded[JP_FOLD_MAX];
	gsize len;

	if (c >= (gunichar)-2) {
		*blank = out->len > 0;
		return p + 1;
	}
	if (g_unichar_isspace(c) || jp_is_dropped(c)) {
		if (!jp_fold_is_mark(c))
			*blank = out->len > 0;
		return g_utf8_next_char(p);
	}
	len = jp_fold_char(c, FALSE, folded);
	/* Compatibility forms may hold blanks: U+00A8 is one with a mark. */
	for (gsize i = 0; i < len; i++)
		fold_byte(out, folded[i], blank);
	return g_utf8_next_char(p);
}

char *
jp_text_fold(const char *text)
{
	GString *out = g_string_sized_new(strlen(text) + 16);
	gboolean blank = FALSE;

	for (const char *p = text; *p;) {
		if (*p & 0x80) {
			p = fold_high(out, p, &blank);
			continue;
		}
		fold_byte(out, *p > ' ' && *p < 0x7f ? g_ascii_tolower(*p) : ' ', &blank);
		p++;
	}
	return g_string_free(out, FALSE);
}

gboolean
jp_text_eq_folded(const char *a, const char *b)
{
	g_autofree char *fa = NULL, *fb = NULL;

	if (!a || !b)
		return a == b;
	if (strcmp(a, b) == 0)
		return TRUE;
	fa = jp_text_fold(a);
	fb = jp_text_fold(b);
	return strcmp(fa, fb) == 0;
}

/* ---- mojibake -------------------------------------------------------------------------------- */

/* The byte that CP1252 shows as this character, or -1; C1 controls stand for themselves. */
static int
cp1252_byte(gunichar c)
{
	if (c < 0x100)
		return (int)c;
	for (guint i = 0; i < G_N_ELEMENTS(cp1252_high); i++)
		if (cp1252_high[i] == c)
			return (int)(0x80 + i);
	return -1;
}

/*
 * Reads a run of characters at p as the bytes they stood for.  Appends the character those bytes
 * make and gives what follows; NULL when they make none, or one that was a single byte anyway.
 */
static const char *
repaired(GString *out, const char *p)
{
	char bytes[4];
	gsize n = 0, want;
	int b = cp1252_byte(g_utf8_get_char(p));

	want = b >= 0xf0 && b < 0xf5 ? 4
	    : b >= 0xe0 && b < 0xf0  ? 3
	    : b >= 0xc2 && b < 0xe0  ? 2
				     : 0;
	for (; n < want && *p; p = g_utf8_next_char(p)) {
		b = cp1252_byte(g_utf8_get_char(p));
		if (b < 0x80 || (n > 0 && b >= 0xc0))
			return NULL;
		bytes[n++] = (char)b;
	}
	if (want == 0 || n < want || !g_utf8_validate(bytes, (gssize)n, NULL))
		return NULL;
	g_string_append_len(out, bytes, (gssize)n);
	return p;
}

char *
jp_text_unmojibake(const char *text)
{
	GString *out;

	if (!g_utf8_validate(text, -1, NULL))
		return g_strdup(text);
	out = g_string_sized_new(strlen(text) + 1);
	for (const char *p = text; *p;) {
		const char *next = *p & 0x80 ? repaired(out, p) : NULL;

		if (!next) {
			next = g_utf8_next_char(p);
			g_string_append_len(out, p, next - p);
		}
		p = next;
	}
	return g_string_free(out, FALSE);
}
