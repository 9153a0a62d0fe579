/*
 * match: saved searches, and which postings they would have picked.  Pure: query.c (the language),
 * search.c (one saved search), index.c (the reverse index), score.c (points and reasons).  Beside
 * them: store.c (searches as rows), run.c (new postings against all searches).
 */
#ifndef JP_MATCH_H
#define JP_MATCH_H

#include "posting/posting.h"

/* ---- the query language (query.c), see jp-match(1) -------------------------------------- */

/*
 *   query  = or ;            or = and { ("OR" | "|") and } ;     and = { ["AND" | "&"] unary } ;
 *   unary  = ("NOT" | "-") unary | "(" or ")" | term ;
 *   term   = [ "title:" | "company:" | "skill:" ] [ "=" ] ( word | '"' words '"' ) ;
 *
 * Words and phrases are compared stemmed, case and accents folded; "=" asks for the exact form.
 * "-" negates only at the start of a term.  AND binds tighter than OR; words side by side are
 * joined by AND.
 */
typedef struct jp_query jp_query;
/* An error gives the column (from 1) and what was expected there.  An empty text is the query that
 * takes everything. */
jp_query *jp_query_parse(const char *text, GError **error);
char *jp_query_write(const jp_query *q); /* canonical text: parses to an equal query; g_free */
gboolean jp_query_eq(const jp_query *a, const jp_query *b);
void jp_query_free(jp_query *q);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_query, jp_query_free)

/* ---- one saved search (search.c) -------------------------------------------------------- */

typedef enum jp_frequency {
	JP_FREQUENCY_INHERIT, /* a search's: the subscriber's */
	JP_FREQUENCY_INSTANT, /* whenever jp-mail runs */
	JP_FREQUENCY_DAILY,
	JP_FREQUENCY_WEEKDAYS, /* Monday to Friday */
	JP_FREQUENCY_WEEKLY,
	JP_FREQUENCY_OFF,
} jp_frequency;
const char *jp_frequency_word(jp_frequency f);
gboolean jp_frequency_from_word(const char *word, jp_frequency *out);

typedef struct jp_search { /* strings and vectors owned; vectors NULL-terminated, never NULL */
	gint64 id, subscriber_id;
	char *name, *query;
	char **titles, **skills, **locations, **companies_in, **companies_out, **languages;
	guint remote_mask, level_mask, employment_mask; /* bit per enum value; 0: any */
	gint64 salary_min;                              /* micro-units; 0: any */
	char salary_currency[4];
	jp_period salary_period;
	gint64 max_age; /* ms; 0: the configuration's */
	int min_score;  /* -1: the configuration's */
	jp_frequency frequency;
	gint64 revision;    /* grows with every change of what is asked for */
	gboolean is_paused; /* set by loading only */
} jp_search;

jp_search *jp_search_new(void);
void jp_search_free(jp_search *s);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_search, jp_search_free)
/* Checks everything (the query parses, words are of the vocabulary, lists are bounded, a salary has
 * its currency) and canonicalises places and skills; an error names the field. */
gboolean jp_search_check(jp_search *s, GError **error);
/* From one mapping of the YAML/JSON import (keys as in jp-user(1)); unknown keys are errors. */
gboolean jp_search_from_json(jp_search *s, const cJSON *o, GError **error);
cJSON *jp_search_to_json(const jp_search *s);

/* ---- matching (index.c, score.c), pure -------------------------------------------------- */

/* A posting made ready for matching: tokens, stems, folded places. */
typedef struct jp_doc jp_doc;
jp_doc *jp_doc_new(void);
/* Replaces what is in d; borrows p until the next call. */
void jp_doc_set(jp_doc *d, const jp_posting *p, gint64 first_seen);
void jp_doc_free(jp_doc *d);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_doc, jp_doc_free)

typedef struct jp_reason {
	int points; /* what it added; 0 for a condition that holds; a failed one has ok FALSE */
	gboolean ok;
	char *what; /* "title has \"engineer\"", "salary 60,000 EUR/year is below 70,000" */
} jp_reason;

typedef struct jp_hit {
	gint64 search_id, subscriber_id;
	int score;          /* 0 to 100 */
	GPtrArray *reasons; /* of jp_reason *, owned */
} jp_hit;
void jp_hit_free(jp_hit *h);
cJSON *jp_reasons_to_json(const GPtrArray *reasons); /* stored in match.reasons */

typedef struct jp_matcher jp_matcher;
/* default_min_score and default_max_age stand in where a search has none. */
jp_matcher *jp_matcher_new(int default_min_score, gint64 default_max_age);
/* Compiles a checked search into the index; copies what it needs. */
gboolean jp_matcher_add(jp_matcher *m, const jp_search *s, GError **error);
guint jp_matcher_size(const jp_matcher *m);
/* Every search that takes the posting, by its index: the cost follows the hits.  Calls each with a
 * hit it borrows for the call, in the order the searches were added; each must not touch m, and
 * NULL only counts.  Gives the number of hits. */
typedef void (*jp_matcher_each)(const jp_hit *h, gpointer data);
guint
jp_matcher_run(jp_matcher *m, const jp_doc *d, gint64 now, jp_matcher_each each, gpointer data);
void jp_matcher_free(jp_matcher *m);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_matcher, jp_matcher_free)
/* One search against one posting, every condition told, whether it held or not; TRUE when it
 * matches.  The same rules as the index, by the same code.  Free the hit with jp_hit_free. */
gboolean jp_match_explain(const jp_search *s, const jp_doc *d, int default_min_score,
    gint64 default_max_age, gint64 now, jp_hit **out, GError **error);

/* ---- searches as rows (store.c) --------------------------------------------------------- */

/* jp_db_lock: who subscribes, and to what. */
#define JP_SUBSCRIBER_LOCK "subscriber"
/* Adds, or updates by (subscriber, name); next_at is the first due time.  Inside the caller's write
 * transaction; s must be checked.  Gives the id. */
gint64 jp_search_put(jp_db *db, jp_search *s, gint64 next_at, gint64 now);
jp_search *jp_search_load(jp_db *db, gint64 id); /* NULL: none */
/* A subscriber's searches, oldest first; g_ptr_array_unref. */
GPtrArray *jp_search_list(jp_db *db, gint64 subscriber_id);
gboolean jp_search_remove(jp_db *db, gint64 subscriber_id, gint64 id);

/* ---- why, and why not (explain.c) ------------------------------------------------------- */

/* Calls each with every search of the subscriber, or only the one (0: all), and what it makes of
 * the posting; lent for the call.  A paused search and a closed posting are told as conditions that
 * do not hold.  FALSE when there is no such posting or search. */
typedef void (*jp_match_told)(const jp_search *s, const jp_hit *h, gboolean matches, gpointer data);
gboolean jp_match_explain_stored(jp_db *db, const jp_config *conf, gint64 subscriber,
    gint64 posting, gint64 search, jp_match_told each, gpointer data, GError **error);

/* ---- finding stored postings (find.c) ---------------------------------------------------- */

typedef struct jp_find {
	gboolean closed_too; /* else open postings only */
	guint limit;         /* 0: none */
} jp_find;

typedef struct jp_found {
	jp_posting *posting;
	gint64 first_seen, closed_at; /* 0: open */
	jp_hit *hit;
} jp_found;

/* Hits that are ranked: of more than these the newest. */
#define JP_FIND_WINDOW 1000

/* The postings that the search takes, in a reading transaction of its own: the best first, of equal
 * ones the newest.  An array of jp_found *, to g_ptr_array_unref; NULL with an error in the query
 * or without a full-text index. */
GPtrArray *jp_find_run(jp_db *db, const jp_search *s, const jp_find *f, gint64 now, GError **error);

/* ---- the run (run.c) -------------------------------------------------------------------- */

typedef struct jp_match_line { /* borrowed strings */
	gint64 subscriber_id, posting_id, search_id;
	int score;
	const char *search, *title, *company, *place, *url;
	const cJSON *reasons;
} jp_match_line;

/* Columns of the lines that jp-match writes and jp-mail reads. */
enum {
	JP_MATCH_COL_SUBSCRIBER,
	JP_MATCH_COL_POSTING,
	JP_MATCH_COL_SCORE,
	JP_MATCH_COL_SEARCH,
	JP_MATCH_COL_TITLE,
	JP_MATCH_COL_COMPANY,
	JP_MATCH_COL_PLACE,
	JP_MATCH_COL_URL,
	JP_MATCH_N_COLS
};
extern const jp_column jp_match_columns[JP_MATCH_N_COLS];

typedef struct jp_match_run {
	jp_db *db;
	const jp_config *conf;
	gboolean dry_run;
	GArray *only; /* of gint64 posting ids from stdin; NULL: every posting that is due */
	void (*on_match)(const jp_match_line *m, gpointer data); /* after the commit */
	gpointer data;
	guint n_postings, n_searches, n_matches;
} jp_match_run;

/* Runs due postings against all searches of active subscribers, and new searches against the open
 * postings, in batches of one transaction each.  A changed posting is matched again: a match not
 * yet mailed follows the new text. */
void jp_match_run_all(jp_match_run *r);

/* ---- matching as a task (tasks.c) -------------------------------------------------------- */

/* Adds a task to the queue if something is due and none waits; gives their number.  Its own
 * transaction. */
guint jp_match_enqueue(jp_db *db);
/* Is a handler of such tasks until stdin ends; r as for jp_match_run_all.  Gives an exit code. */
int jp_match_serve(jp_match_run *r);

#endif
