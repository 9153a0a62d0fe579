/*
 * What the files of match share: the tree of a query, places, the document, and the compiled form
 * of a search, on which the index and the score work alike.
 */
#ifndef JP_MATCH_INTERNAL_H
#define JP_MATCH_INTERNAL_H

#include "match/match.h"

/* ---- the tree of a query (query.c) ------------------------------------------------------ */

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
	jp_field field; /* of a term, and so the next three */
	gboolean is_exact;
	char **words;        /* folded tokens, one or more */
	char *shown;         /* as it was written, for reasons; two that differ in it are equal */
	GPtrArray *children; /* of jp_node *, owned */
} jp_node;

struct jp_query {
	jp_node *root; /* NULL: takes everything */
};

/* The folded tokens of a text, NULL when it has none; g_strfreev. */
char **jp_words_of(const char *text);
/* A term as the language writes it: title:="machine learning".  Appends. */
void jp_words_write(GString *out, jp_field field, gboolean is_exact, const char *const *words);

/* ---- sets of a search (search.c) -------------------------------------------------------- */

typedef enum jp_mask { JP_MASK_REMOTE, JP_MASK_LEVELS, JP_MASK_TYPES } jp_mask;
/* The words of a set; ~0 is every word; g_strfreev. */
char **jp_mask_words(jp_mask which, guint mask);
gboolean jp_mask_read(jp_mask which, char *const *words, guint *mask, GError **error);

/* ---- places (place.c) ------------------------------------------------------------------- */

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

/* ---- the document (doc.c) --------------------------------------------------------------- */

#define JP_IN_TITLE   1u
#define JP_IN_TEXT    2u
#define JP_IN_COMPANY 4u

#define JP_NO_POS G_MAXUINT32

typedef struct jp_doc_word { /* a distinct folded token of the posting */
	const char *token, *stem;
	guint32 first;  /* position; the next ones by jp_doc.next, ascending */
	guint32 n;      /* times in all */
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
	jp_tokens tokens;
	jp_stemmer *stemmer;
};

/* What companies are compared by: folded words without the legal form at the end ("Foo Bar GmbH"
 * is "foo bar"); empty when there is no word; g_free. */
char *jp_employer_key(const char *company);

/* ---- the compiled form (compile.c, code.c) ---------------------------------------------- */

/*
 * Everything that searches share is interned: words (one position of a phrase), terms (a phrase in
 * a field, a skill, an employer), places.  A search is an entry and a stretch of `code`: its
 * conditions, each a head (the condition's kind, and the number of integers that follow, shifted
 * by 8) and its arguments, ended by JP_COND_END.  The cheap ones stand first.
 */
typedef enum jp_cond {
	JP_COND_END,
	JP_COND_REMOTE, /* these three are in the entry's sets instead */
	JP_COND_LEVELS,
	JP_COND_TYPES,
	JP_COND_LANGUAGES,    /* packed codes */
	JP_COND_MAX_AGE,      /* ms, high and low half; without it the matcher's default */
	JP_COND_PLACES,       /* places */
	JP_COND_SALARY,       /* packed currency, period, micro-units high and low */
	JP_COND_COMPANIES_IN, /* terms, and so the next three */
	JP_COND_COMPANIES_OUT,
	JP_COND_TITLES,
	JP_COND_SKILLS,
	JP_COND_QUERY, /* nodes in prefix order: kind and value << 2, which is a TERM's term and the
			  others' length with all that is below them */
} jp_cond;
#define JP_N_COND (JP_COND_QUERY + 1)

/* What points are given for; see score.c. */
typedef enum jp_part {
	JP_PART_WORDS,
	JP_PART_TITLES,
	JP_PART_SKILLS,
	JP_PART_PLACE,
	JP_PART_SALARY,
	JP_PART_REMOTE,
	JP_PART_LEVEL,
	JP_PART_TYPE,
	JP_PART_FRESH,
} jp_part;
#define JP_N_PART (JP_PART_FRESH + 1)

typedef struct jp_term {
	const char *name; /* a skill's or an employer's; of words, as they were written */
	guint32 words;    /* the first one, in jp_matcher.term_words */
	guint16 n_words;  /* 0: a name */
	guint8 field;     /* jp_field */
	guint8 is_exact;
	guint32 n_used; /* times in searches */
	guint32 n_seen; /* documents that had it */
} jp_term;

/* What the document of this run has of a term, a word, a place; stale unless mark is the run's. */
typedef struct jp_term_state {
	guint32 mark;
	guint16 n_text; /* times in the text, at most JP_MAX_MENTIONS */
	guint8 in;      /* JP_IN_ bits; 0: absent */
} jp_term_state;
#define JP_MAX_MENTIONS 9

typedef struct jp_word_state {
	guint32 mark;
	guint32 link; /* the document's words that it is equal to, in jp_matcher.links */
	guint32 n;    /* times in the document */
	guint32 n_text;
	guint in;
} jp_word_state;

typedef struct jp_link {
	guint32 word, next; /* of the document; the next link or JP_NO_POS */
} jp_link;

typedef struct jp_place_state {
	guint32 mark;
	guint8 fit; /* jp_fit */
	guint8 is_open;
} jp_place_state;

typedef struct jp_entry {
	gint64 id, subscriber_id;
	guint32 code;  /* where its conditions begin */
	guint32 mark;  /* the last run that looked at it */
	guint32 sets;  /* see JP_SET_ */
	guint16 asked; /* bit a jp_part */
	gint8 min_score;
	guint8 has_max_age;
} jp_entry;
#define JP_SET_REMOTE(e) ((e)->sets & 15u)
#define JP_SET_LEVEL(e)  ((e)->sets >> 4 & 511u)
#define JP_SET_TYPE(e)   ((e)->sets >> 13 & 1023u)

/* Lists of integers by key: those of key k are items[start[k]] to items[start[k + 1] - 1]. */
typedef struct jp_lists {
	guint32 *start, *items;
	guint32 n_keys;
} jp_lists;

typedef struct jp_pair {
	guint32 key, item;
} jp_pair;

struct jp_matcher {
	int default_min_score;
	gint64 default_max_age;
	jp_stemmer *stemmer;
	GStringChunk *pool;

	GArray *entries;    /* of jp_entry */
	GArray *code;       /* of guint32 */
	GArray *terms;      /* of jp_term */
	GArray *term_words; /* of guint32 */
	GPtrArray *words;   /* of const char *: as reasons show them */
	GPtrArray *places;  /* of jp_place * */
	/* Numbers + 1 by key. */
	GHashTable *word_index, *term_index, *place_index, *skill_index, *employer_index;
	GHashTable *token_index, *stem_index; /* a posting's token or stem -> key of lists below */
	GArray *token_pairs, *stem_pairs;     /* of jp_pair: key, word */

	gboolean is_sealed;
	guint n_docs;
	jp_lists token_words, stem_words; /* words that a token, a stem is equal to */
	jp_lists word_terms;              /* terms looked for when a word is there */
	jp_lists term_entries;            /* entries looked at when a term is there */
	GArray *always;                   /* of guint32: entries looked at every time */

	/* The run. */
	guint32 mark;
	GArray *term_states, *word_states, *place_states;
	GArray *links;   /* of jp_link */
	GArray *present; /* of guint32: terms */
	GArray *found;   /* of guint32: words, then entries */
};

#define JP_TERM(m, i)  (&g_array_index((m)->terms, jp_term, i))
#define JP_ENTRY(m, i) (&g_array_index((m)->entries, jp_entry, i))

static inline jp_node_kind
jp_code_kind(guint32 head)
{
	return (jp_node_kind)(head & 3);
}

static inline guint32
jp_code_value(guint32 head)
{
	return head >> 2;
}

/* Two integers of the code as one. */
static inline gint64
jp_code_wide(const guint32 *args)
{
	return (gint64)((guint64)args[0] << 32 | args[1]);
}

/* The node after this one, which is the next child of the same parent while there is one. */
static inline const guint32 *
jp_code_next(const guint32 *node)
{
	return node + (jp_code_kind(*node) == JP_NODE_TERM ? 1 : jp_code_value(*node));
}

/* Arguments of an entry's condition, NULL when it has none of the kind. */
const guint32 *jp_code_find(const jp_matcher *m, const jp_entry *e, jp_cond kind, guint *n);
/* A short code ("de", "EUR") as an integer. */
guint32 jp_code_pack(const char *text);
/* TRUE when a node has a term that is not negated. */
gboolean jp_code_is_positive(const guint32 *node);
/* A term, and a node, as the query language writes it; append. */
void jp_term_write(GString *out, const jp_matcher *m, guint32 term);
void jp_code_write(GString *out, const jp_matcher *m, const guint32 *node, jp_node_kind within);
/* The same as a sentence has it: "rust engineer", kubernetes, "data" in the title. */
void jp_term_tell(GString *out, const jp_matcher *m, guint32 term);
void jp_code_tell(GString *out, const jp_matcher *m, const guint32 *node);

/* ---- one run (index.c) ------------------------------------------------------------------ */

typedef struct jp_look {
	jp_matcher *m;
	const jp_doc *d;
	gint64 now;
} jp_look;

/* Finds which terms the document has; a condition can be asked for after it. */
void jp_index_resolve(jp_matcher *m, const jp_doc *d);

static inline const jp_term_state *
jp_term_in(const jp_matcher *m, guint32 term) /* NULL: the document does not have it */
{
	const jp_term_state *t = &g_array_index(m->term_states, jp_term_state, term);

	return t->mark == m->mark ? t : NULL;
}

/* ---- reasons (reason.c) ----------------------------------------------------------------- */

GPtrArray *jp_reasons_new(void); /* of jp_reason *, owned */
void jp_reason_free(gpointer reason);
/* Adds a reason, unless reasons is NULL; takes what.  Gives the points. */
int jp_reason_add(GPtrArray *reasons, int points, gboolean ok, char *what);

/* ---- conditions (cond.c, tell.c) and points (score.c) ----------------------------------- */

/* TRUE when the entry has the condition at all. */
gboolean jp_cond_is_asked(const jp_look *l, const jp_entry *e, jp_cond kind);
/* TRUE when the posting meets it. */
gboolean jp_cond_holds(const jp_look *l, const jp_entry *e, jp_cond kind);
/* TRUE when it holds only because the posting says nothing about it. */
gboolean jp_cond_is_unknown(const jp_look *l, const jp_entry *e, jp_cond kind);
/* All of them, the cheap ones first. */
gboolean jp_cond_all_hold(const jp_look *l, const jp_entry *e);
gboolean jp_code_holds(const jp_matcher *m, const guint32 *node);
/* The best of the entry's places, with its number. */
jp_fit jp_cond_place(const jp_look *l, const jp_entry *e, guint32 *place);

/* ms; 0: any age. */
gint64 jp_cond_max_age(const jp_look *l, const jp_entry *e);
/* ms, by the posting's own date, else by when we first saw it (R5). */
gint64 jp_cond_age(const jp_look *l);

typedef enum jp_pay {
	JP_PAY_UNKNOWN, /* nothing stated, or not comparable */
	JP_PAY_BELOW,
	JP_PAY_REACHED, /* by the upper end only */
	JP_PAY_ABOVE,
} jp_pay;
jp_pay jp_cond_salary(const jp_look *l, const guint32 *args);

/* What a condition gives, or why it does not hold (g_free). */
char *jp_cond_tell(const jp_look *l, const jp_entry *e, jp_cond kind, gboolean holds);
/* "60,000-80,000 EUR/year"; max may be equal or 0; g_free. */
char *jp_salary_tell(gint64 min, gint64 max, const char *currency, jp_period period);

/* The score of a posting that meets all conditions.  With reasons each line is added. */
int jp_score(const jp_look *l, const jp_entry *e, GPtrArray *reasons);

/* ---- finding (find.c) ------------------------------------------------------------------- */

/* What is asked of the full-text index, empty when it cannot help; g_free. */
char *jp_find_question(const jp_search *s, GError **error);

/* ---- rows (store.c) --------------------------------------------------------------------- */

/* The search of a row of search_rows; one that cannot be read is said, and FALSE. */
gboolean jp_search_read_row(const jp_rows *r, jp_search **out);

#endif
