/*
 * What the files of posting share.  All of it is pure.
 */
#ifndef JP_POSTING_INTERNAL_H
#define JP_POSTING_INTERNAL_H

#include "posting/posting.h"

/* ---- words (vocab.c, title.c) ---------------------------------------------------------------- */

/* The period that the words of a short field state. */
jp_period jp_period_of(const jp_tokens *t);
/* Work model that a piece of a place states, UNKNOWN for none. */
jp_remote jp_remote_of_place(const char *text);

typedef struct jp_title {
	jp_level level;
	jp_employment employment;
	jp_remote remote;
} jp_title;
/* What a title says; `tokens` are its own. */
void jp_title_read(const char *title, const jp_tokens *tokens, jp_title *out);

/* A set of phrases that are looked for at once (phrases.c). */
typedef struct jp_phrases jp_phrases;
/* n_words: about how many words all phrases have together; twice as many are too many. */
jp_phrases *jp_phrases_new(guint n_words);
void jp_phrases_free(jp_phrases *ph);
/* The first value given for a phrase stays; 0 is none. */
void jp_phrases_add(jp_phrases *ph, const char *phrase, guint64 value);
/* At most 64 lists of phrases, '|' between them; the value of a phrase has bit i when it is in
 * list i.  Made at the first call with *once, NULL until then, and kept. */
const jp_phrases *jp_phrases_of_lists(const jp_phrases **once, const char *const *lists, guint n);
/* The next token from `from` on that may begin a phrase; the number of tokens when none does. */
guint jp_phrases_next(const jp_phrases *ph, const jp_tokens *t, guint from);
/* The longest phrase that begins at token `from`: the number of its tokens and its value;
 * 0: none. */
guint jp_phrases_at(const jp_phrases *ph, const jp_tokens *t, guint from, guint64 *value);
/* The bits of all lists of which some phrase stands anywhere in the tokens. */
guint64 jp_phrases_lists(const jp_phrases *ph, const jp_tokens *t);

/* Text of an embedded file of lib/, NUL-terminated; borrowed for ever.  A missing one is a bug. */
const char *jp_embedded_text(const char *name);

/* ---- places (parts.c, gazetteer.c, location.c)
 * -----------------------------------------------------
 */

/* TRUE for the name of a country, region or city. */
gboolean jp_gazetteer_has(const char *text);
void jp_location_free(gpointer location);

/* ---- skills (skills.c) --------------------------------------------------------------- */

/* jp_skills_find() where the tokens of the text are there already.  Free the array, not
 * the names. */
GPtrArray *jp_skills_in(const jp_tokens *tokens, const char *text);

/* ---- reading texts (enrich.c) -------------------------------------------------------- */

/* Fills what is unknown from title and description, whose tokens are given: remote, type, level,
 * salary, language. */
void jp_enrich(jp_posting *p, const jp_tokens *title, const jp_tokens *tokens);
/* Sets the first salary that the text states for certain; FALSE when there is none (salary.c). */
gboolean jp_salary_find(jp_posting *p, const char *text);

/* ---- the full-text index (lexeme.c, textindex.c) ----------------------------------------------
 */

/* Version of the rules that make lexemes: it grows with every change of them, and then every index
 * is built anew. */
#define JP_LEXEME_VERSION 1

typedef struct jp_lexemes jp_lexemes;
jp_lexemes *jp_lexemes_new(void);
void jp_lexemes_free(jp_lexemes *l); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_lexemes, jp_lexemes_free)
/* A posting's lexemes, each once, joined by blanks; borrowed until the next call. */
const char *jp_lexemes_of(jp_lexemes *l, const jp_posting *p);

/*
 * What a write transaction has for the index waits between jp_textindex_begin() and _end(); of a
 * posting that is changed twice between them the second change finds what was there before the
 * first.  Where the index is not kept all of it does nothing.
 */
void jp_textindex_add(jp_textindex *t, const jp_posting *p); /* one that is new */
/* Follows a change, before it is written; the same words cost nothing.  old NULL: it is read. */
void jp_textindex_change(jp_textindex *t, gint64 id, const jp_posting *old, const jp_posting *p);

#endif
