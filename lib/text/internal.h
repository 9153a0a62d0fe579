/*
 * What the files of text share: folding of one character, and the sink that cleaned text is poured
 * into.
 */
#ifndef JP_TEXT_INTERNAL_H
#define JP_TEXT_INTERNAL_H

#include <string.h>

#include "base/bytes.h"
#include "text/text.h"

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
/* Appends plain words and the single blanks between them, up to markup or to what is not plain;
 * gives where it stopped. */
const char *jp_sink_words(jp_sink *s, const char *p, const char *end);
/* What follows starts after at least n newlines (1: a line of its own, 2: a blank line before). */
void jp_sink_break(jp_sink *s, guint n);
/* Gives the result, NFC and at most max bytes, and ends the sink. */
char *jp_sink_end(jp_sink *s);

/* ---- markup that needs no forgiving (tame.c) ----------------------------------------------------
 */

/* Where a tame text goes, and who is told of its elements, in their order, by their names in small
 * letters. */
typedef struct jp_tame {
	jp_sink *sink;
	void (*start)(gpointer data, const char *name);
	void (*end)(gpointer data, const char *name);
	gpointer data;
} jp_tame;

/* Reads markup that every parser reads alike: plain elements well nested, attributes in quotes,
 * entities closed, valid UTF-8.  FALSE: it is not of that kind, and what was told so far is to be
 * forgotten. */
gboolean jp_tame_read(const jp_tame *t, const char *html, gsize len);
/* The entity "amp;" after the ampersand at p - 1; gives the bytes it took, 0 for none (html.c). */
gsize jp_html_entity(const char *p, const char *end, gunichar *c);

#endif
