/*
 * What the files of match share: the tree of a query, places, the document, and the compiled form
 * of a search, on which the index and the score work alike.
 */
#ifndef JP_MATCH_INTERNAL_H
#define JP_MATCH_INTERNAL_H

#include "match/match.h"

/* ---- the tree of a query (query.c)
 * --------------------------------------------------------------- */

typedef enum jp_node_kind { JP_NODE_TERM, JP_NODE_AND, JP_NODE_OR, JP_NODE_NOT } jp_node_kind;

/* Where a term is looked for. */
typedef enum jp_field {
	JP_FIELD_TEXT, /* title, department and description */
	JP_FIELD_TITLE,
	JP_FIELD_COMPANY,  /* its name has the words */
	JP_FIELD_SKILL,    /* the posting's skills; canonical name */
	JP_FIELD_EMPLOYER, /* its name is this one (filters only) */
} jp_field;

/* AND and OR have two children or more, none of their own kind; NOT has one, never a NOT. */
typedef struct jp_node {
	jp_node_kind kind;
	jp_field field; /* of a term, and so the next two */
	gboolean is_exact;
	char **words;        /* folded tokens, one or more */
	GPtrArray *children; /* of jp_node *, owned */
} jp_node;

struct jp_query {
	jp_node *root; /* NULL: takes everything */
};

/* The folded tokens of a text, NULL when it has none; g_strfreev. */
char **jp_words_parse(const char *text);
/* A term as the language writes it: title:="machine learning".  Appends. */
void jp_words_write(GString *out, jp_field field, gboolean is_exact, const char *const *words);

/* ---- places (place.c)
 * ----------------------------------------------------------------------------- */

/* How closely a posting's place fits one that is searched for. */
typedef enum jp_fit {
	JP_FIT_NONE,
	JP_FIT_COUNTRY,
	JP_FIT_REMOTE, /* done from anywhere, and nothing stated speaks against it */
	JP_FIT_REGION,
	JP_FIT_CITY,
} jp_fit;

typedef struct jp_place { /* strings owned, folded but for text and country; NULL: not stated */
	char *text;
	char *words; /* folded tokens of text, a blank before and after each */
	char *city, *region;
	char *country;    /* ISO 3166-1 alpha-2 */
	const char *area; /* its countries, "AT CH DE"; borrowed for ever */
} jp_place;

/* Reads a place as people write it; NULL when the text is a work model or has no letter. */
jp_place *jp_place_read(const char *text);
jp_place *jp_place_from_location(const jp_location *l);
void jp_place_free(jp_place *p);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_place, jp_place_free)
/* How a posting's place fits the wanted one, by its names. */
jp_fit jp_place_fit(const jp_place *wanted, const jp_place *place);
/* TRUE unless a remote posting that states this place is closed to people at the wanted one. */
gboolean jp_place_is_open(const jp_place *wanted, const jp_place *place);

/* ---- the document (doc.c)
 * ------------------------------------------------------------------------- */

#define JP_IN_TITLE   1u
#define JP_IN_TEXT    2u
#define JP_IN_COMPANY 4u

#define JP_NO_POS G_MAXUINT32

typedef struct jp_doc_word { /* a distinct folded token of the posting */
	const char *token, *stem;
	guint32 first;  /* position; the next ones by jp_doc.next, ascending */
	guint32 n_text; /* times in department and description */
	guint in;       /* JP_IN_ bits */
} jp_doc_word;

struct jp_doc {
	const jp_posting *posting; /* borrowed */
	gint64 first_seen;
	GArray *words; /* of jp_doc_word */
	/* One slot a position.  Title, department, description and company follow each other
	 * with an empty position between, so that no phrase reaches over. */
	GArray *at;   /* of guint32: index of the word, JP_NO_POS for an empty position */
	GArray *next; /* of guint32: the word's next position, JP_NO_POS after the last */
	guint32 title_end, text_end;
	char *employer;    /* see jp_employer_key */
	GPtrArray *places; /* of jp_place *, as the posting's locations */
	GHashTable *index; /* token -> number of the word + 1 */
	GStringChunk *chunk;
	jp_tokens *tokens;
	jp_stemmer *stemmer;
};

/* What companies are compared by: folded words without the legal form at the end ("Foo Bar GmbH"
 * is "foo bar"); empty when there is no word; g_free. */
char *jp_employer_key(const char *company);

#endif
