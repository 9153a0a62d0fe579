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

/* ---- the full-text index (lexeme.c, gatherer.c, turn.c, textindex.c) ------------------------ */

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
 * Lexemes of many postings, gathered until they are put into the index together: terms, numbered as
 * they came, and each posting's numbers.
 */
typedef struct jp_term {
	guint32 code;    /* of the lexeme (lexeme.c) */
	guint32 at, len; /* in texts */
	guint32 n;       /* postings that have it */
} jp_term;
typedef struct jp_gathered {
	gint64 *ids;   /* of the postings */
	guint32 *ends; /* where each one's refs end */
	guint n_postings;
	guint32 *refs; /* terms */
	guint n_refs;
	jp_term *terms;
	guint n_terms;
	char *texts; /* of the terms, nothing between them */
	gsize texts_len;
	gsize ids_room, ends_room, refs_room, terms_room, texts_room;
} jp_gathered;
/* Adds a posting to what is gathered.  Only as long as there is room: else what is gathered is put
 * into the index and let go first. */
void jp_lexemes_gather(jp_lexemes *l, const jp_posting *p);
gboolean jp_lexemes_has_room(const jp_lexemes *l);
/* Borrowed until the next call that gathers or lets go. */
jp_gathered *jp_lexemes_gathered(jp_lexemes *l);
/* The lexemes of the ith posting, as jp_lexemes_of() gives them. */
const char *jp_lexemes_gathered_text(jp_lexemes *l, guint i);
void jp_lexemes_let_go(jp_lexemes *l);

/* Lexemes with a thread that gathers beside the caller (gatherer.c). */
typedef struct jp_gatherer jp_gatherer;
jp_gatherer *jp_gatherer_new(void);
void jp_gatherer_free(jp_gatherer *g); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_gatherer, jp_gatherer_free)
/* Has a posting gathered after those before it, now or later.  Borrows it until jp_gatherer_wait()
 * says that all are.  FALSE: there is no room; wait, and let go of what was gathered. */
gboolean jp_gatherer_add(jp_gatherer *g, const jp_posting *p);
/* Gathers what was not yet; FALSE when there was no room for all of it, so that the rest is to be
 * waited for again once the others are let go. */
gboolean jp_gatherer_wait(jp_gatherer *g);
/* Borrowed, and the caller's until the next jp_gatherer_add(). */
jp_lexemes *jp_gatherer_lexemes(jp_gatherer *g);

/* The same by lexeme (turn.c). */
typedef struct jp_turned {
	jp_index_word *words; /* n_terms of them, in the order of their bytes */
	guint32 *rows;
} jp_turned;
/* Borrows g as long as `out` is used. */
void jp_turn(jp_gathered *g, jp_turned *out);
void jp_turned_clear(jp_turned *t);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(jp_turned, jp_turned_clear)

/*
 * What a write transaction has for the index waits between jp_textindex_begin() and _end(); of a
 * posting that is changed twice between them the second change finds what was there before the
 * first.  Where the index is not kept all of it does nothing.
 */
/* One that is new.  Borrows it until jp_textindex_end(); it must not change until then. */
void jp_textindex_add(jp_textindex *t, const jp_posting *p);
/* Follows a change, before it is written; the same words cost nothing.  old NULL: it is read. */
void jp_textindex_change(jp_textindex *t, gint64 id, const jp_posting *old, const jp_posting *p);

#endif
