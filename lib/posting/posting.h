/*
 * posting: the normalised posting and its life.  The pure part (normalise, enrich, hash, dedupe,
 * life) knows neither database nor network; store.c stands beside it.
 */
#ifndef JP_POSTING_H
#define JP_POSTING_H

#include "db/db.h"
#include "text/text.h"

/* ---- vocabulary (vocab.c): each enum's words are those of the database and of JSON --- */

typedef enum jp_remote {
	JP_REMOTE_UNKNOWN,
	JP_REMOTE_ONSITE,
	JP_REMOTE_HYBRID,
	JP_REMOTE_REMOTE
} jp_remote;
#define JP_N_REMOTE 4
typedef enum jp_employment {
	JP_EMPLOYMENT_UNKNOWN,
	JP_EMPLOYMENT_FULL_TIME,
	JP_EMPLOYMENT_PART_TIME,
	JP_EMPLOYMENT_CONTRACT,
	JP_EMPLOYMENT_TEMPORARY,
	JP_EMPLOYMENT_INTERNSHIP,
	JP_EMPLOYMENT_APPRENTICESHIP,
	JP_EMPLOYMENT_VOLUNTEER,
	JP_EMPLOYMENT_PER_DIEM,
	JP_EMPLOYMENT_OTHER,
} jp_employment;
#define JP_N_EMPLOYMENT 10
typedef enum jp_level {
	JP_LEVEL_UNKNOWN,
	JP_LEVEL_INTERN,
	JP_LEVEL_ENTRY,
	JP_LEVEL_MID,
	JP_LEVEL_SENIOR,
	JP_LEVEL_LEAD,
	JP_LEVEL_MANAGER,
	JP_LEVEL_DIRECTOR,
	JP_LEVEL_EXECUTIVE,
} jp_level;
#define JP_N_LEVEL 9
typedef enum jp_period {
	JP_PERIOD_UNKNOWN,
	JP_PERIOD_HOUR,
	JP_PERIOD_DAY,
	JP_PERIOD_WEEK,
	JP_PERIOD_MONTH,
	JP_PERIOD_YEAR,
} jp_period;

/* NULL for UNKNOWN; borrowed for ever. */
const char *jp_remote_word(jp_remote v);
const char *jp_employment_word(jp_employment v);
const char *jp_level_word(jp_level v);
const char *jp_period_word(jp_period v);
/* Exactly our words ("full_time"); FALSE otherwise. */
gboolean jp_remote_from_word(const char *word, jp_remote *out);
gboolean jp_employment_from_word(const char *word, jp_employment *out);
gboolean jp_level_from_word(const char *word, jp_level *out);
gboolean jp_period_from_word(const char *word, jp_period *out);
/* What services write ("FullTime", "Vollzeit", "on-site", "per-hour-wage", "1 YEAR"); UNKNOWN when
 * not recognised.  NULL is UNKNOWN. */
jp_remote jp_remote_read(const char *text);
jp_employment jp_employment_read(const char *text);
jp_period jp_period_read(const char *text);
/* Level from a title ("Senior Engineer II", "Werkstudent", "Head of Sales"). */
jp_level jp_level_read(const char *title);

/* ---- the posting ----------------------------------------------------------------------------- */

typedef struct jp_location {
	char *text; /* as given, cleaned; never NULL */
	char *city; /* NULL: unknown, so the rest */
	char *region;
	char *country; /* ISO 3166-1 alpha-2 */
} jp_location;

#define JP_POSTED_DATE_ONLY 1u
#define JP_POSTED_DERIVED   2u

/* Strings are owned, NULL when unknown.  After jp_posting_normalise: external_id, title, company,
 * description, url and apply_url are never NULL. */
typedef struct jp_posting {
	gint64 id; /* 0 until stored */
	char *external_id, *requisition;
	char *title, *company;
	gboolean company_is_guess;
	char *description_html; /* as adapters give it; dropped by normalise */
	char *description;      /* plain text */
	char *url, *apply_url;
	jp_employment employment;
	jp_level level;
	jp_remote remote;
	char *department;
	gint64 salary_min, salary_max; /* micro-units; 0: not stated */
	char salary_currency[4];       /* ISO 4217; "" unknown */
	jp_period salary_period;
	char *language;                              /* ISO 639-1 */
	gint64 posted_at, updated_at, valid_through; /* ms; 0: unknown */
	guint posted_flags;
	GPtrArray *locations; /* of jp_location *, owned */
	GPtrArray *skills;    /* of char *, canonical names, sorted, owned */
	guint8 hash[32];
	gint64 dedupe_key;
} jp_posting;

jp_posting *jp_posting_new(void);
void jp_posting_free(jp_posting *p); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(jp_posting, jp_posting_free)

/* Adds a place as free text ("New York, NY (HQ); Remote (US)" may give several); pure work models
 * ("Hybrid", "2 Locations") are not places but may set p->remote when it is unknown.  Copies. */
void jp_posting_add_place(jp_posting *p, const char *text);
/* Adds a place whose parts the service gave; any may be NULL; country in any spelling.  Copies. */
void jp_posting_add_location(
    jp_posting *p, const char *text, const char *city, const char *region, const char *country);
/* Sets the salary from amounts in whole currency units; 0 or nonsense leaves it unstated, min > max
 * is swapped, a range already there is widened if currency and period agree. */
void jp_posting_set_salary(
    jp_posting *p, double min, double max, const char *currency, const char *period);

/* Sets the salary that a field of pay states in words ("$75k - $95k"); FALSE when it states none.
 */
gboolean jp_posting_read_salary(jp_posting *p, const char *text);

/*
 * Makes what an adapter gave into the posting that is stored: texts cleaned and bounded, HTML to
 * text, places split and recognised (country, city), unknown remote/type/level/salary/language read
 * from the text (enrich.c), skills found (skills.c), hash and dedupe key computed.  `company` is
 * the board's configured name or NULL.  Bad input (no id, no title, no URL) is an error.  Pure.
 */
gboolean jp_posting_normalise(jp_posting *p, const char *company, GError **error);
/* Version of normalise's rules; stored beside the hash (R6). */
#define JP_POSTING_HASH_VERSION 2

/* One JSON object with every field, documented in jp-scrape(1); free with cJSON_Delete. */
cJSON *jp_posting_to_json(const jp_posting *p);

/* ISO 3166-1 alpha-2 of a country in any usual spelling ("UK", "Deutschland", "USA"); NULL when it
 * is not one.  Borrowed for ever. */
const char *jp_country_read(const char *text);
const char *jp_country_name(const char *alpha2); /* English; NULL when unknown */
/* Canonical name of a skill by name or alias ("k8s" -> "kubernetes"); NULL when unknown. */
const char *jp_skill_read(const char *text);
/* Every canonical name found in the text, in order of first appearance; borrowed strings. */
GPtrArray *jp_skills_find(const char *text);

/* ---- its life (life.c), pure --------------------------------------------------------- */

typedef struct jp_listing_facts {
	gboolean complete; /* R1, as the adapter and the fetch saw it */
	guint n_postings;  /* in the listing */
	guint n_nameless;  /* items in it whose id could not be read: which they are is not known */
	guint n_open;      /* the board's open postings before */
	guint8 hash[32];   /* of the set of ids: the same listing again */
	gint64 now;
} jp_listing_facts;

typedef struct jp_suspicion { /* kept with the board */
	gboolean active;
	guint8 hash[32];
	gint64 since;
	guint visits;
} jp_suspicion;

typedef enum jp_trust {
	JP_TRUST_COMPLETE, /* counts postings as missing */
	JP_TRUST_SUSPECT,  /* short, empty, or with items that have no id: not yet (R2) */
	JP_TRUST_PARTIAL,  /* R1 does not hold */
} jp_trust;

/* Decides whether a listing may mark postings missing, and moves the suspicion along. */
jp_trust jp_life_judge(const jp_listing_facts *f, jp_suspicion *s);
/* Complete listings in a row without a posting after which it is closed. */
#define JP_LIFE_MISSES 2

/* ---- storing (store.c) --------------------------------------------------------------- */

typedef enum jp_event_kind {
	JP_EVENT_NEW,
	JP_EVENT_CHANGED,
	JP_EVENT_CLOSED,
	JP_EVENT_REOPENED,
	JP_EVENT_EXPIRED,
} jp_event_kind;
const char *jp_event_word(jp_event_kind k);

typedef struct jp_event { /* what the pipe carries; strings owned */
	gint64 posting_id;
	jp_event_kind kind;
	char *title, *company, *place, *url;
} jp_event;

typedef struct jp_store_result {
	guint n_new, n_changed, n_closed, n_reopened, n_unchanged;
	GPtrArray *events; /* of jp_event *, owned */
} jp_store_result;

/* Stores a board's listing inside the caller's write transaction: inserts, updates by content hash,
 * reopens, counts misses and closes as `trust` allows.  Postings whose external_id occurs twice are
 * stored once.  `unread` (of char *, NULL: none) are the ids of items that the listing had but
 * nobody could read: what is known of them stays as it is, and they are not missed.  `window`: a
 * feed, whose postings never go missing.  Appends to result.  The caller notes the visit as the
 * board's last success (board_finish) in the same transaction: of what a listing had like the one
 * before, nothing is written, and when it was seen is read there. */
void jp_posting_store(jp_db *db, gint64 board_id, GPtrArray *postings, const GPtrArray *unread,
    jp_trust trust, gboolean window, gint64 now, jp_store_result *result);
/* The same where one transaction stores several boards: the index is begun before the first and
 * ended after the last of them, and what they have for it goes in at once.  Until then it borrows
 * the postings. */
typedef struct jp_textindex jp_textindex;
jp_textindex *jp_textindex_begin(jp_db *db);
void jp_textindex_end(jp_textindex *t); /* frees it */
void jp_posting_store_with(jp_db *db, jp_textindex *index, gint64 board_id, GPtrArray *postings,
    const GPtrArray *unread, jp_trust trust, gboolean window, gint64 now, jp_store_result *result);
/* The board's last stored listing came again unchanged (304, or the same bytes): what it had is
 * seen again, which nobody has to write down (the board's last success tells), and unless `window`
 * what it lacked is missed once more and closed as after any complete listing.  In the caller's
 * write transaction. */
void jp_posting_store_same(
    jp_db *db, gint64 board_id, gboolean window, gint64 now, jp_store_result *result);
/* Closes postings of any board whose valid_through is past, and those of the kinds that list a
 * window (a NULL-terminated vector) not seen for max_age.  At most `limit`; own transaction is the
 * caller's. */
void jp_posting_expire(jp_db *db, const char *const *windows, gint64 now, gint64 max_age,
    guint limit, jp_store_result *result);
/* Reads a stored posting with its places and skills; NULL when there is none. */
jp_posting *jp_posting_load(jp_db *db, gint64 id);
void jp_store_result_clear(jp_store_result *r);

/* ---- the full-text index (lexeme.c, textindex.c) ------------------------------------ */

/* Where a posting has a word: TEXT is title, department and description. */
typedef enum jp_lexeme_place { JP_LEXEME_TEXT, JP_LEXEME_TITLE, JP_LEXEME_COMPANY } jp_lexeme_place;
#define JP_N_LEXEME_PLACE 3
/* What the index has for a stem, and for a skill by its canonical name; g_free. */
char *jp_lexeme_of_stem(jp_lexeme_place place, const char *stem);
char *jp_lexeme_of_skill(const char *skill);

/*
 * The index is kept by jp_posting_store() and the two below, in the transactions that write the
 * postings.  One that is missing, or made by other rules, is not kept but built: by jp_textindex_
 * build(), in short transactions of its own beside the other programs, which goes on where an
 * earlier call was killed.
 */
typedef enum jp_textindex_state {
	JP_TEXTINDEX_NONE,    /* missing, or made by other rules */
	JP_TEXTINDEX_PARTIAL, /* being built */
	JP_TEXTINDEX_WHOLE,
} jp_textindex_state;
jp_textindex_state jp_textindex_look(jp_db *db);
/* Builds what is missing, or with `anew` all; tells after each portion how many of how many
 * postings are done (NULL: nobody is told).  FALSE when it was told to stop before the end. */
typedef void (*jp_textindex_told)(gint64 n, gint64 of, gpointer data);
gboolean jp_textindex_build(jp_db *db, gboolean anew, jp_textindex_told each, gpointer data);

/* The same for an operator who watches (whole.c); an interruption is an error that says how to go
 * on. */
gboolean jp_whole_reindex(jp_db *db, gboolean anew, GError **error);
/* jp-db copy: jp_copy_open() and jp_copy_run(), the index of the target, a row of the table for
 * each table (name, rows, digest). */
gboolean jp_whole_copy(const char *config, const char *from, const char *to, gboolean dry_run,
    jp_table *table, GError **error);

/* Removes at most `limit` postings that were closed before that, the longest closed first; in the
 * caller's write transaction.  Gives their number. */
gint64 jp_posting_prune(jp_db *db, gint64 before, guint limit);
/* Takes the postings of a board out of the index, before the board is deleted with them; in the
 * caller's write transaction. */
void jp_posting_forget_board(jp_db *db, gint64 board_id);

/* Columns of the lines that jp-scrape writes and jp-match reads. */
enum {
	JP_EVENT_COL_POSTING,
	JP_EVENT_COL_EVENT,
	JP_EVENT_COL_TITLE,
	JP_EVENT_COL_COMPANY,
	JP_EVENT_COL_PLACE,
	JP_EVENT_COL_URL,
	JP_EVENT_COL_BOARD,
	JP_EVENT_N_COLS
};
extern const jp_column jp_event_columns[JP_EVENT_N_COLS];

#endif
