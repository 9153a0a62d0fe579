/*
 * What the files of text share: folding of one character, and the sink that cleaned text is poured
 * into.
 */
#ifndef JP_TEXT_INTERNAL_H
#define JP_TEXT_INTERNAL_H

#include <string.h>

#include "text/text.h"

/* ---- eight bytes at a time ------------------------------------------------------------------- */

/* Eight bytes of a text as one number, the first byte the lowest; zeros behind its end. */
static inline guint64
jp_eight_at(const char *p, const char *end)
{
	guint64 w = 0;

	if (G_LIKELY(end - p >= 8))
		memcpy(&w, p, 8);
	else
		memcpy(&w, p, (gsize)(end - p));
	return GUINT64_FROM_LE(w);
}

#define JP_EACH_BYTE(b) (G_GUINT64_CONSTANT(0x0101010101010101) * (b))

/* The high bit of each byte that is printable ASCII, blanks among them, and of each that is c. */
static inline guint64
jp_printable_of(guint64 w)
{
	guint64 seven = w & JP_EACH_BYTE(0x7f);

	return (seven + JP_EACH_BYTE(0x80 - ' ')) & ~(seven + JP_EACH_BYTE(0x80 - 0x7f)) & ~w &
	    JP_EACH_BYTE(0x80);
}

static inline guint64
jp_bytes_of(guint64 w, guint c)
{
	guint64 x = w ^ JP_EACH_BYTE(c);

	return ~(((x & JP_EACH_BYTE(0x7f)) + JP_EACH_BYTE(0x7f)) | x) & JP_EACH_BYTE(0x80);
}

/* The number of bytes before the first of those bits. */
static inline guint
jp_bytes_before(guint64 bits)
{
	return bits ? (guint)__builtin_ctzll(bits) / 8 : 8;
}

/* ---- folding and cleaning -------------------------------------------------------------------- */

/* Bytes one character can fold to: 18 characters (U+FDFA) of at most 4 bytes, and room. */
#define JP_FOLD_MAX 80

/* Folds one character to UTF-8 in out (JP_FOLD_MAX bytes, not terminated); gives the length, which
 * is 0 for a mark.  `word`: only letters and digits of the result are kept. */
gsize jp_fold_char(gunichar c, gboolean word, char *out);
/* TRUE for accents and the like that belong to the character before them, and for characters that
 * show nothing (soft hyphen, joiners). */
gboolean jp_fold_is_mark(gunichar c);

/* Characters that are never kept: controls but blanks, byte order marks, bidi overrides, tags. */
gboolean jp_is_dropped(gunichar c);
/* Controls of the writing direction, which can make a text read as another one. */
gboolean jp_is_bidi(gunichar c);
/* What CP1252 shows for the byte; one it leaves open stands for itself. */
gunichar jp_cp1252_char(guchar byte);

/*
 * Takes text piecewise and keeps it clean: valid UTF-8, no control characters, blanks collapsed,
 * lines trimmed, at most one blank line in a row, none at the ends.  Blanks and breaks are pending
 * until something visible follows.
 */
typedef struct jp_sink {
	GString *out;
	gsize max; /* stop soon after this many bytes; 0: no bound */
	guint newlines;
	gboolean blank;
	gboolean needs_nfc; /* something came that may not be NFC */
	const char *prefix; /* put before the next visible text; NULL: none */
	gboolean full;
	gboolean is_cp1252; /* C1 controls are meant as CP1252 (HTML's &#150;) */
} jp_sink;

void jp_sink_init(jp_sink *s, gsize size_hint, gsize max);
/* Appends; with `lines` newlines are kept, else they are blanks. */
void jp_sink_text(jp_sink *s, const char *text, gsize len, gboolean lines);
/* What follows starts after at least n newlines (1: a line of its own, 2: a blank line before). */
void jp_sink_break(jp_sink *s, guint n);
/* Gives the result, NFC and at most max bytes, and ends the sink. */
char *jp_sink_end(jp_sink *s);

/* ---- markup that needs no forgiving (tame.c) ----------------------------------------------------
 */

/* What stands in a tame text, in its order; the names are those of elements, in small letters. */
typedef struct jp_tame {
	void (*start)(gpointer data, const char *name);
	void (*end)(gpointer data, const char *name);
	void (*text)(gpointer data, const char *text, gsize len); /* entities decoded */
	gpointer data;
} jp_tame;

/* Reads markup that every parser reads alike: plain elements well nested, attributes in quotes,
 * entities closed, valid UTF-8.  FALSE: it is not of that kind, and what was told so far is to be
 * forgotten. */
gboolean jp_tame_read(const jp_tame *t, const char *html, gsize len);
/* The entity "amp;" after the ampersand at p - 1; gives the bytes it took, 0 for none (html.c). */
gsize jp_html_entity(const char *p, const char *end, gunichar *c);

#endif
