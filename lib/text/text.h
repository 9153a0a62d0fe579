/*
 * text: bytes from outside become text that is safe to keep, to compare, to match and to show.
 * Everything here is pure: no files, no clock, no database.
 */
#ifndef JP_TEXT_H
#define JP_TEXT_H

#include "base/base.h"

/* ---- cleaning and folding (fold.c) ---------------------------------------------------------- */

/* UTF-8 NFC; invalid bytes become U+FFFD; control characters (but newline when `lines`)
 * and bidi overrides are dropped; blanks, tabs among them, are collapsed to one and trimmed; with
 * `lines` that is done line by line and at most one blank line in a row is kept.  At most max
 * bytes, cut at a character; max 0 is no bound.  len -1: NUL-terminated.  Free with g_free; never
 * NULL. */
char *jp_text_clean(const char *text, gssize len, gsize max, gboolean lines);
/* Case and accents folded for comparing: "Zürich" and "ZURICH" give "zurich", "Straße" "strasse",
 * "Łódź" "lodz"; typographic apostrophes and dashes are ASCII's.  Blanks collapsed.  Free with
 * g_free. */
char *jp_text_fold(const char *text);
gboolean jp_text_eq_folded(const char *a, const char *b); /* NULL equals only NULL */
/* Repairs UTF-8 that was read as Latin-1/CP1252 and encoded again ("â\u0080\u0099"); gives a copy
 * unchanged where that does not decode cleanly.  Free with g_free. */
char *jp_text_unmojibake(const char *text);

/* ---- tokens (token.c, stem.c) --------------------------------------------------------------- */

/*
 * A token is a run of letters and digits, folded.  "C++", "C#", "F#", ".NET" are kept whole
 * ("c++", "c#", "f#", ".net"); apostrophes inside a word are dropped ("don't" -> "dont"); every
 * other character separates ("node.js" -> "node" "js", "full-time" -> "full" "time").
 */
typedef struct jp_token {
	guint32 start, len; /* the bytes in the original text */
	guint32 at;         /* offset of the folded token in jp_tokens.pool, NUL-terminated there */
	guint32 hash;       /* jp_token_hash() of it */
} jp_token;

/* Bytes of a token that may be read at once, whatever its length. */
#define JP_TOKENS_READABLE 24

/* The tokens of a text, in its order.  Those of a short one need no memory but this, which must
 * stay where it is. */
typedef struct jp_tokens {
	jp_token *items; /* n of them, at most JP_MAX_TOKENS */
	guint n;
	guint room; /* of items */
	char *pool; /* folded tokens, each NUL-terminated; JP_TOKENS_READABLE bytes from where
		     * any of them begins may be read */
	gsize pool_len, pool_room;
	jp_token few[48];
	char brief[176];
} jp_tokens;
#define JP_TOKENS_INIT                                                                             \
	{                                                                                          \
		.n = 0                                                                             \
	}

/* Replaces what is in t by the tokens of text; borrows nothing. */
void jp_tokens_parse(jp_tokens *t, const char *text, gssize len);
void jp_tokens_clear(jp_tokens *t); /* fit for another parse */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(jp_tokens, jp_tokens_clear)
static inline const char *
jp_tokens_at(const jp_tokens *t, guint i) /* borrowed until the next parse */
{
	return t->pool + t->items[i].at;
}
/* The folded tokens joined by blanks, a blank at both ends (" senior engineer "), so that strstr()
 * finds whole words.  Free with g_free. */
char *jp_token_words(const char *text, gssize len);
/* 32 bits of a folded token, for tables in memory: never stored. */
guint32 jp_token_hash(const char *folded);

/* Stemmers of libstemmer for the languages we tell apart: en de fr es it nl pt sv da no fi.  Not
 * safe between threads.  A language without a stemmer stems to the token itself. */
typedef struct jp_stemmer jp_stemmer;
jp_stemmer *jp_stemmer_new(void);
/* Stem of a folded token in the language (ISO 639-1; NULL is en).  Borrowed until the next call. */
const char *jp_stem(jp_stemmer *s, const char *language, const char *token);
void jp_stemmer_free(jp_stemmer *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_stemmer, jp_stemmer_free)
/* The languages above, NULL-terminated; borrowed for ever. */
const char *const *jp_stem_languages(void);

/* Guesses the language of a text from its commonest words: an ISO 639-1 code of the list above, or
 * NULL when too short or unsure.  Borrowed for ever. */
const char *jp_language_guess(const char *text);
/* The same where the text's tokens are there already. */
const char *jp_language_of(const jp_tokens *tokens);

/* ---- HTML (html.c) ------------------------------------------------------------------- */

/* Readable plain text of an HTML fragment of any quality: paragraphs, headings and list items on
 * lines of their own ("- " before items), entities decoded, links' text kept, scripts, styles and
 * comments left out, blank lines at most one in a row.  Bounded in depth and size
 * (JP_MAX_HTML_DEPTH, max bytes of result).  Plain text without markup passes unchanged but for
 * blanks.  Free with g_free; never NULL. */
char *jp_html_to_text(const char *html, gssize len, gsize max);
/* Decodes entities once ("&amp;lt;" -> "&lt;"); free with g_free. */
char *jp_html_decode(const char *text, gssize len);
/* Escapes & < > " ' for HTML text and quoted attributes; free with g_free. */
char *jp_html_escape(const char *text);
/* TRUE when the first bytes look like an HTML page. */
gboolean jp_html_looks_like(const char *body, gsize len);

/* ---- escaping (escape.c) ------------------------------------------------------------- */

/* For a terminal: control bytes (C0, DEL, C1, and bidi overrides) become \xNN or \u{NNNN}; invalid
 * UTF-8 too.  Free with g_free. */
char *jp_escape_terminal(const char *text);
/* For a TSV field: \t \n \r \\ as two characters; free with g_free. */
char *jp_escape_tsv(const char *text);
/* Undoes jp_escape_tsv in place; an unknown escape is kept as it stands. */
void jp_unescape_tsv(char *field);

/* ---- wrapping (wrap.c) --------------------------------------------------------------- */

/* Columns a text takes on a terminal (East Asian wide counts two, combining none). */
gsize jp_text_width(const char *text);
/* Wraps paragraphs at `width` columns, `indent` blanks before every line; words longer than a line
 * (URLs) stand alone unbroken (M08).  Free with g_free. */
char *jp_text_wrap(const char *text, guint width, guint indent);
/* The first `columns` columns, with an ellipsis when something was cut; free with g_free. */
char *jp_text_cut(const char *text, guint columns);

/* ---- tables (table.c): stdout of every program ---------------------------------------------- */

typedef enum jp_cell {
	JP_CELL_TEXT, /* const char * (NULL: empty, JSON null) */
	JP_CELL_INT,  /* gint64 */
	JP_CELL_TIME, /* gint64 ms; JP_NO_TIME: empty, null */
	JP_CELL_BOOL, /* gboolean: yes/no, true/false */
	JP_CELL_JSON, /* const char *: JSON text, put in as it is under --json, shown raw else */
} jp_cell;
#define JP_NO_TIME G_MININT64
#define JP_NO_INT  G_MININT64

typedef struct jp_column {
	const char *key;    /* the JSON key */
	const char *header; /* on a terminal; NULL: the key in capitals; "": not shown there */
	jp_cell type;
} jp_column;

typedef enum jp_table_mode {
	JP_TABLE_AUTO, /* aligned with a header on a terminal, else TSV */
	JP_TABLE_JSON,
	JP_TABLE_NONE, /* -q */
} jp_table_mode;
/* The mode that the common options ask for: -q before -j. */
jp_table_mode jp_table_mode_of(const struct jp_common *common);

typedef struct jp_table jp_table;
/* Borrows the columns, which must outlive it.  Writes to stdout. */
jp_table *jp_table_new(jp_table_mode mode, const jp_column *columns, guint n_columns);
/* Columns, by key (a NULL-terminated list, borrowed), that a terminal too narrow for all does not
 * show: the last of the list goes first. */
void jp_table_spare(jp_table *t, const char *const *keys);
/* One row; the values in the columns' order and types (varargs).  TSV and JSON rows are written and
 * flushed at once, so that a pipe's reader sees only what was committed; aligned ones at free. */
void jp_table_row(jp_table *t, ...);
void jp_table_free(jp_table *t); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_table, jp_table_free)

/* ---- lines (lines.c): stdin of programs told "-" ------------------------------------- */

/*
 * Reads TSV or JSON Lines, told apart by the first byte of the input ('{' is JSON).  Fields are
 * asked for by the same columns that the writer used: by position in TSV, by key in JSON.  Missing
 * fields read as empty, extra ones are ignored.
 */
typedef struct jp_lines jp_lines;
jp_lines *jp_lines_new(int fd, const jp_column *columns, guint n_columns); /* borrows all */
/* The next line; FALSE at the end, and with *error set (line number in it) when a line is broken or
 * longer than JP_MAX_LINE: the caller may go on with the following line. */
gboolean jp_lines_next(jp_lines *l, GError **error);
const char *jp_lines_text(const jp_lines *l, guint column); /* borrowed until next; NULL: missing */
gboolean jp_lines_int(const jp_lines *l, guint column, gint64 *out);
guint jp_lines_number(const jp_lines *l); /* from 1 */
/* Reads all lines of fd for one column of ids (gint64, from 1).  A broken line is said ("no
 * posting's id") and skipped; NULL when all were.  Free with g_array_unref. */
GArray *
jp_lines_ids(int fd, const jp_column *columns, guint n_columns, guint column, const char *what);
void jp_lines_free(jp_lines *l);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_lines, jp_lines_free)

/* ---- comma-separated values, RFC 4180 (csv.c) ----------------------------------------- */

/* Fields of one record; a header has some 20. */
#define JP_CSV_MAX_FIELDS 64

typedef struct jp_csv {
	const char *p, *end; /* borrowed */
	guint line;          /* of the record that was read last, from 1 */
	guint next;          /* of the one to come */
} jp_csv;

/* Borrows text.  A leading byte order mark is skipped. */
void jp_csv_init(jp_csv *c, const char *text, gsize len);
/* Replaces fields (of char *, owned) by the next record; blank lines are skipped.  FALSE at the
 * end, and with *error set when a record is broken (an open quote, a NUL, too many fields): the
 * caller may go on with the line after the one where it began. */
gboolean jp_csv_next(jp_csv *c, GPtrArray *fields, GError **error);
/* Appends one record, CRLF at its end; NULL is an empty field. */
void jp_csv_write(GString *out, const char *const *fields, guint n);

#endif
