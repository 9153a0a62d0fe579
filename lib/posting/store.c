/*
 * A board's listing goes into the database: new, changed, reopened, missed and closed postings,
 * each with its event.  Everything happens in the caller's write transaction, together with the
 * board's validators, so that a kill leaves the listing stored or not, never half.
 */
#include <string.h>

#include "base/base.h"
#include "posting/internal.h"

/* ---- results ------------------------------------------------------------------------- */

static void
event_free(gpointer data)
{
	jp_event *e = data;

	g_free(e->title);
	g_free(e->company);
	g_free(e->place);
	g_free(e->url);
	g_free(e);
}

void
jp_store_result_clear(jp_store_result *r)
{
	if (r->events)
		g_ptr_array_free(r->events, TRUE);
	*r = (jp_store_result){0};
}

const char *
jp_event_word(jp_event_kind k)
{
	switch (k) {
	case JP_EVENT_NEW:
		return "new";
	case JP_EVENT_CHANGED:
		return "changed";
	case JP_EVENT_CLOSED:
		return "closed";
	case JP_EVENT_REOPENED:
		return "reopened";
	case JP_EVENT_EXPIRED:
		return "expired";
	}
	return NULL;
}

const jp_column jp_event_columns[JP_EVENT_N_COLS] = {
    [JP_EVENT_COL_POSTING] = {"posting", NULL, JP_CELL_INT},
    [JP_EVENT_COL_EVENT] = {"event", NULL, JP_CELL_TEXT},
    [JP_EVENT_COL_TITLE] = {"title", NULL, JP_CELL_TEXT},
    [JP_EVENT_COL_COMPANY] = {"company", NULL, JP_CELL_TEXT},
    [JP_EVENT_COL_PLACE] = {"place", NULL, JP_CELL_TEXT},
    [JP_EVENT_COL_URL] = {"url", NULL, JP_CELL_TEXT},
    [JP_EVENT_COL_BOARD] = {"board", NULL, JP_CELL_TEXT},
};

/* Events that wait for each other, with all that comes before them: others are told at once, and
 * the values of so many rows are in memory. */
#define MANY_EVENTS 256

/* What is added, each before what refers to it. */
enum rows { ROWS_POSTING, ROWS_PLACE, ROWS_SKILL, ROWS_EVENT, N_ROWS };
static const struct {
	jp_sql statement;
	gsize n_args;
} row_kinds[N_ROWS] = {
    [ROWS_POSTING] = {JP_SQL_POSTING_INSERT, 27},
    [ROWS_PLACE] = {JP_SQL_LOCATION_ADD, 6},
    [ROWS_SKILL] = {JP_SQL_POSTING_SKILL_ADD, 2},
    [ROWS_EVENT] = {JP_SQL_POSTING_EVENT_ADD, 4},
};

/* One listing on its way into the database.  Its rows wait, as arguments of their statements, to go
 * in together; what those borrow lives as long as the listing, or is in `owned`. */
typedef struct storing {
	jp_db *db;
	gint64 board_id, now;
	jp_store_result *result;
	jp_textindex *index;
	GArray *rows[N_ROWS]; /* of jp_arg */
	GPtrArray *owned;     /* of char * */
} storing;

static void
storing_clear(storing *s)
{
	for (guint i = 0; i < N_ROWS; i++)
		g_array_unref(s->rows[i]);
	g_ptr_array_unref(s->owned);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(storing, storing_clear)

static void
storing_init(storing *s, jp_db *db, gint64 board_id, gint64 now, jp_store_result *result)
{
	*s = (struct storing){.db = db, .board_id = board_id, .now = now, .result = result};
	for (guint i = 0; i < N_ROWS; i++)
		s->rows[i] = g_array_new(FALSE, FALSE, sizeof(jp_arg));
	s->owned = g_ptr_array_new_with_free_func(g_free);
}

/* Adds a row; JP_ARGS() are its arguments. */
static void
add_row(storing *s, enum rows rows, const jp_arg *args, gsize n_args)
{
	g_assert(n_args == row_kinds[rows].n_args);
	g_array_append_vals(s->rows[rows], args, (guint)n_args);
}

/* Puts in what waits. */
static void
flush(storing *s)
{
	for (guint i = 0; i < N_ROWS; i++) {
		gsize n_args = row_kinds[i].n_args;

		jp_db_do_many(s->db, row_kinds[i].statement, (const jp_arg *)s->rows[i]->data,
		    n_args, s->rows[i]->len / n_args);
		g_array_set_size(s->rows[i], 0);
	}
	g_ptr_array_set_size(s->owned, 0);
}

static void
count(jp_store_result *r, jp_event_kind kind)
{
	switch (kind) {
	case JP_EVENT_NEW:
		r->n_new++;
		break;
	case JP_EVENT_CHANGED:
		r->n_changed++;
		break;
	case JP_EVENT_REOPENED:
		r->n_reopened++;
		break;
	case JP_EVENT_CLOSED:
	case JP_EVENT_EXPIRED:
		r->n_closed++;
		break;
	}
}

/* Keeps the event, counts it and gives it to the result.  Takes `what`, JSON or NULL, and copies
 * the rest. */
static void
tell(storing *s, jp_event_kind kind, gint64 id, char *what, const jp_event *shown)
{
	jp_event *e = g_new0(jp_event, 1);

	if (what)
		g_ptr_array_add(s->owned, what);
	add_row(s, ROWS_EVENT,
	    JP_ARGS(JP_INT(id), JP_TEXT(jp_event_word(kind)), JP_INT(s->now),
		what ? JP_LIST(what) : JP_NULL));
	e->posting_id = id;
	e->kind = kind;
	e->title = g_strdup(shown->title);
	e->company = g_strdup(shown->company);
	e->place = g_strdup(shown->place ? shown->place : "");
	e->url = g_strdup(shown->url);
	if (!s->result->events)
		s->result->events = g_ptr_array_new_with_free_func(event_free);
	g_ptr_array_add(s->result->events, e);
	count(s->result, kind);
	if (s->rows[ROWS_EVENT]->len >= MANY_EVENTS * row_kinds[ROWS_EVENT].n_args)
		flush(s);
}

static void
tell_posting(storing *s, jp_event_kind kind, gint64 id, char *what, const jp_posting *p)
{
	const jp_location *first = p->locations->len ? p->locations->pdata[0] : NULL;
	jp_event shown = {.title = p->title, .company = p->company, .url = p->url};

	shown.place = first ? first->text : NULL;
	tell(s, kind, id, what, &shown);
}

/* Reads the rows of a statement that closed postings, frees them, and tells of each.  The three
 * closing statements give the same columns. */
static void
tell_closed(storing *s, jp_event_kind kind, jp_rows *rows)
{
	g_autoptr(GPtrArray) closed = g_ptr_array_new_with_free_func(event_free);

	while (jp_rows_next(rows)) {
		jp_event *e = g_new0(jp_event, 1);

		e->posting_id = jp_rows_int(rows, JP_COL_POSTING_CLOSE_ID);
		e->title = g_strdup(jp_rows_text(rows, JP_COL_POSTING_CLOSE_TITLE));
		e->company = g_strdup(jp_rows_text(rows, JP_COL_POSTING_CLOSE_COMPANY));
		e->url = g_strdup(jp_rows_text(rows, JP_COL_POSTING_CLOSE_URL));
		e->place = g_strdup(jp_rows_text(rows, JP_COL_POSTING_CLOSE_PLACE));
		g_ptr_array_add(closed, e);
	}
	jp_rows_free(rows);
	for (guint i = 0; i < closed->len; i++) {
		const jp_event *e = closed->pdata[i];

		tell(s, kind, e->posting_id, NULL, e);
	}
}

/* ---- lists of ids -------------------------------------------------------------------- */

static void
add_id(GString *list, gint64 id)
{
	g_string_append_printf(list, "%c%" G_GINT64_FORMAT, list->len ? ',' : '[', id);
}

/* Ends the list; FALSE when it is empty. */
static gboolean
end_ids(GString *list)
{
	if (list->len == 0)
		return FALSE;
	g_string_append_c(list, ']');
	return TRUE;
}

/* The postings are listed again. */
static void
mark_listed(storing *s, GString *ids)
{
	if (end_ids(ids))
		jp_db_do(s->db, JP_SQL_POSTING_LISTED, JP_ARGS(JP_LIST(ids->str), JP_INT(s->now)));
}

/* The postings are not listed any more. */
static void
mark_unlisted(storing *s, GString *ids)
{
	if (end_ids(ids))
		jp_db_do(s->db, JP_SQL_POSTING_UNLISTED, JP_ARGS(JP_LIST(ids->str)));
}

/* Counts the miss of the first list and closes the second, a part of it. */
static void
mark_missed(storing *s, GString *missed, GString *closing)
{
	if (end_ids(missed))
		jp_db_do(s->db, JP_SQL_POSTING_MISSED, JP_ARGS(JP_LIST(missed->str)));
	if (end_ids(closing))
		tell_closed(s, JP_EVENT_CLOSED,
		    jp_db_query(s->db, JP_SQL_POSTING_CLOSE,
			JP_ARGS(JP_LIST(closing->str), JP_INT(s->now))));
}

/* ---- one posting --------------------------------------------------------------------- */

static void
add_parts(storing *s, gint64 id, const jp_posting *p)
{
	for (guint i = 0; i < p->locations->len; i++) {
		const jp_location *l = p->locations->pdata[i];

		add_row(s, ROWS_PLACE,
		    JP_ARGS(JP_INT(id), JP_INT(i), JP_TEXT(l->text), JP_TEXT(l->city),
			JP_TEXT(l->region), JP_TEXT(l->country)));
	}
	for (guint i = 0; i < p->skills->len; i++)
		add_row(s, ROWS_SKILL, JP_ARGS(JP_INT(id), JP_TEXT(p->skills->pdata[i])));
}

/* What insert and update have in common, in the order of both statements' arguments. */
#define POSTING_ARGS(p, now)                                                                       \
	JP_TEXT((p)->requisition), JP_TEXT((p)->title), JP_TEXT((p)->company),                     \
	    JP_TEXT((p)->description), JP_TEXT((p)->url), JP_TEXT((p)->apply_url),                 \
	    JP_TEXT(jp_employment_word((p)->employment)), JP_TEXT(jp_level_word((p)->level)),      \
	    JP_TEXT(jp_remote_word((p)->remote)), JP_TEXT((p)->department),                        \
	    JP_INT_IF((p)->salary_min, (p)->salary_min),                                           \
	    JP_INT_IF((p)->salary_max, (p)->salary_max),                                           \
	    JP_TEXT(*(p)->salary_currency ? (p)->salary_currency : NULL),                          \
	    JP_TEXT(jp_period_word((p)->salary_period)), JP_TEXT((p)->language),                   \
	    JP_INT_IF((p)->posted_at, (p)->posted_at), JP_INT((p)->posted_flags),                  \
	    JP_INT_IF((p)->updated_at, (p)->updated_at),                                           \
	    JP_INT_IF((p)->valid_through, (p)->valid_through), JP_INT(now),                        \
	    JP_BLOB((p)->hash, sizeof((p)->hash)), JP_INT(JP_POSTING_HASH_VERSION),                \
	    JP_INT((p)->dedupe_key)

/* `old` is the posting as it is stored; NULL: it is read here. */
static void
update(storing *s, gint64 id, const jp_posting *old, const jp_posting *p, gboolean is_change)
{
	jp_textindex_change(s->index, id, old, p);
	jp_db_do(s->db, JP_SQL_POSTING_UPDATE,
	    JP_ARGS(JP_INT(id), POSTING_ARGS(p, s->now), JP_INT(is_change ? 1 : 0)));
	jp_db_do(s->db, JP_SQL_LOCATION_CLEAR, JP_ARGS(JP_INT(id)));
	jp_db_do(s->db, JP_SQL_POSTING_SKILL_CLEAR, JP_ARGS(JP_INT(id)));
	add_parts(s, id, p);
}

static gboolean
same_places(const jp_posting *a, const jp_posting *b)
{
	if (a->locations->len != b->locations->len)
		return FALSE;
	for (guint i = 0; i < a->locations->len; i++) {
		const jp_location *one = a->locations->pdata[i], *other = b->locations->pdata[i];

		if (strcmp(one->text, other->text) != 0)
			return FALSE;
	}
	return TRUE;
}

/* The fields of R6 that differ, as a JSON array; g_free. */
static char *
changed_fields(const jp_posting *old, const jp_posting *p)
{
	const char *names[7];
	guint n = 0;

	if (strcmp(old->title, p->title) != 0)
		names[n++] = "title";
	if (!same_places(old, p))
		names[n++] = "locations";
	if (old->remote != p->remote)
		names[n++] = "remote";
	if (old->employment != p->employment)
		names[n++] = "employment_type";
	if (old->salary_min != p->salary_min || old->salary_max != p->salary_max ||
	    old->salary_period != p->salary_period ||
	    strcmp(old->salary_currency, p->salary_currency) != 0)
		names[n++] = "salary";
	if (strcmp(old->description, p->description) != 0)
		names[n++] = "description";
	names[n] = NULL;
	return jp_json_from_strv(names);
}

/* ---- a listing ----------------------------------------------------------------------- */

/* A posting that the database has, as far as it is compared. */
struct known {
	gint64 id, valid_through, missed;
	guint8 hash[32];
	gint64 hash_version;
	gboolean is_closed, was_listed, is_present;
	char *url, *apply_url;
};

static void
known_free(gpointer data)
{
	struct known *k = data;

	g_free(k->url);
	g_free(k->apply_url);
	g_free(k);
}

/* The board's postings by external id. */
static GHashTable *
load_known(storing *s)
{
	GHashTable *all = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, known_free);
	g_autoptr(jp_rows) r =
	    jp_db_query(s->db, JP_SQL_POSTING_OF_BOARD, JP_ARGS(JP_INT(s->board_id)));

	while (jp_rows_next(r)) {
		struct known *k = g_new0(struct known, 1);
		gsize len = 0;
		const void *hash = jp_rows_blob(r, JP_COL_POSTING_OF_BOARD_HASH, &len);

		memcpy(k->hash, hash, MIN(len, sizeof(k->hash)));
		k->id = jp_rows_int(r, JP_COL_POSTING_OF_BOARD_ID);
		k->hash_version = jp_rows_int(r, JP_COL_POSTING_OF_BOARD_HASH_VERSION);
		k->missed = jp_rows_int(r, JP_COL_POSTING_OF_BOARD_MISSED);
		k->valid_through = jp_rows_int_or(r, JP_COL_POSTING_OF_BOARD_VALID_THROUGH, 0);
		k->is_closed = !jp_rows_is_null(r, JP_COL_POSTING_OF_BOARD_CLOSED_AT);
		k->was_listed = !jp_rows_int(r, JP_COL_POSTING_OF_BOARD_UNLISTED);
		k->url = g_strdup(jp_rows_text(r, JP_COL_POSTING_OF_BOARD_URL));
		k->apply_url = g_strdup(jp_rows_text(r, JP_COL_POSTING_OF_BOARD_APPLY_URL));
		g_hash_table_replace(
		    all, g_strdup(jp_rows_text(r, JP_COL_POSTING_OF_BOARD_EXTERNAL_ID)), k);
	}
	return all;
}

/* The posting is in the listing and stays as it is; one that the listing before had, too, is not
 * written at all. */
static void
see_again(const struct known *k, GString *again)
{
	if (!k->is_closed && (!k->was_listed || k->missed > 0))
		add_id(again, k->id);
}

/* Stores a posting that is known; TRUE when it stays as it is. */
static gboolean
store_known(storing *s, const struct known *k, jp_posting *p)
{
	gboolean same_rules = k->hash_version == JP_POSTING_HASH_VERSION;
	gboolean same = memcmp(k->hash, p->hash, sizeof(k->hash)) == 0;
	g_autoptr(jp_posting) old = NULL;

	p->id = k->id;
	if (k->is_closed && p->valid_through && p->valid_through <= s->now)
		return TRUE; /* still listed past its date: it stays closed */
	if (k->is_closed) {
		update(s, k->id, NULL, p, TRUE);
		tell_posting(s, JP_EVENT_REOPENED, k->id, NULL, p);
		return FALSE;
	}
	if (same_rules && !same) {
		old = jp_posting_load(s->db, k->id);
		update(s, k->id, old, p, TRUE);
		tell_posting(s, JP_EVENT_CHANGED, k->id, changed_fields(old, p), p);
		return FALSE;
	}
	s->result->n_unchanged++;
	if (same && same_rules && strcmp(k->url, p->url) == 0 &&
	    strcmp(k->apply_url, p->apply_url) == 0 && k->valid_through == p->valid_through)
		return TRUE;
	update(s, k->id, NULL, p, FALSE);
	return FALSE;
}

/* The open postings that the listing lacks; in one that is trusted they are missed. */
static void
miss_absent(storing *s, GHashTable *all, gboolean is_trusted)
{
	g_autoptr(GString) unlisted = g_string_new(NULL);
	g_autoptr(GString) missed = g_string_new(NULL), closing = g_string_new(NULL);
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, all);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct known *k = value;

		if (k->is_present || k->is_closed)
			continue;
		if (k->was_listed)
			add_id(unlisted, k->id);
		if (!is_trusted)
			continue;
		add_id(missed, k->id);
		if (k->missed + 1 >= JP_LIFE_MISSES)
			add_id(closing, k->id);
	}
	mark_unlisted(s, unlisted);
	mark_missed(s, missed, closing);
}

/* Finds the postings to be stored, each external id's first one, those that are known and those to
 * be added, and marks the known ones. */
static void
find_listed(const storing *s, const GPtrArray *postings, GHashTable *all, GPtrArray *known,
    GPtrArray *fresh)
{
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < postings->len; i++) {
		jp_posting *p = postings->pdata[i];
		struct known *k;

		if (!g_hash_table_add(ids, p->external_id))
			continue;
		k = g_hash_table_lookup(all, p->external_id);
		if (k)
			k->is_present = TRUE;
		else if (p->valid_through && p->valid_through <= s->now)
			continue; /* past its date already */
		g_ptr_array_add(k ? known : fresh, p);
	}
}

/* ---- new postings -------------------------------------------------------------------- */

/* The groups of near-duplicates that new postings of a board join: by dedupe key those of this
 * listing (those stored before come with the id), by requisition all of the board. */
struct groups {
	GHashTable *by_key;         /* of gint64 * borrowed from postings, gint64 * */
	GHashTable *by_requisition; /* of char *, gint64 * */
};

/* An earlier posting's counts. */
static void
learn_key(const struct groups *g, jp_posting *p, gint64 group)
{
	if (!g_hash_table_contains(g->by_key, &p->dedupe_key))
		g_hash_table_insert(g->by_key, &p->dedupe_key, g_memdup2(&group, sizeof(group)));
}

static void
learn_requisition(const struct groups *g, const char *requisition, gint64 group)
{
	if (requisition && !g_hash_table_contains(g->by_requisition, requisition))
		g_hash_table_insert(
		    g->by_requisition, g_strdup(requisition), g_memdup2(&group, sizeof(group)));
}

/* A new posting's group: that of the first posting with the same key, on any board, else of the
 * first of the same requisition of its board, else its own.  `stored` is that of a stored one with
 * its key; 0: there is none. */
static gint64
find_group(const struct groups *g, jp_posting *p, gint64 stored)
{
	const gint64 *found = NULL;
	gint64 group = stored;

	if (!group)
		found = g_hash_table_lookup(g->by_key, &p->dedupe_key);
	if (!group && !found && p->requisition)
		found = g_hash_table_lookup(g->by_requisition, p->requisition);
	if (!group)
		group = found ? *found : p->id;
	learn_key(g, p, group);
	learn_requisition(g, p->requisition, group);
	return group;
}

/* The groups of their requisitions, where the board has those already. */
static void
read_requisitions(storing *s, const GPtrArray *fresh, const struct groups *g)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(jp_rows) r = NULL;
	g_autofree char *json = NULL;

	for (guint i = 0; i < fresh->len; i++) {
		const jp_posting *p = fresh->pdata[i];

		if (p->requisition)
			g_ptr_array_add(names, p->requisition);
	}
	if (names->len == 0)
		return;
	g_ptr_array_add(names, NULL);
	json = jp_json_from_strv((const char *const *)names->pdata);
	r = jp_db_query(
	    s->db, JP_SQL_POSTING_REQUISITION_GROUP, JP_ARGS(JP_INT(s->board_id), JP_LIST(json)));
	while (jp_rows_next(r))
		learn_requisition(g, jp_rows_text(r, JP_COL_POSTING_REQUISITION_GROUP_REQUISITION),
		    jp_rows_int(r, JP_COL_POSTING_REQUISITION_GROUP_GROUP_ID));
}

/* Gives new postings their ids and *groups their groups. */
static void
get_ids(storing *s, const GPtrArray *fresh, const struct groups *g, GArray *groups)
{
	g_autoptr(GString) keys = g_string_new(NULL);
	g_autoptr(jp_rows) r = NULL;
	guint n = 0;

	for (guint i = 0; i < fresh->len; i++)
		add_id(keys, ((const jp_posting *)fresh->pdata[i])->dedupe_key);
	(void)end_ids(keys); /* there are some */
	r = jp_db_query(s->db, JP_SQL_POSTING_IDS, JP_ARGS(JP_LIST(keys->str)));
	for (; jp_rows_next(r) && n < fresh->len; n++) {
		jp_posting *p = fresh->pdata[n];
		gint64 group;

		p->id = jp_rows_int(r, JP_COL_POSTING_IDS_ID);
		group = find_group(g, p, jp_rows_int_or(r, JP_COL_POSTING_IDS_GROUP_ID, 0));
		g_array_append_val(groups, group);
	}
	g_assert(n == fresh->len);
}

static void
insert(storing *s, const jp_posting *p, gint64 group)
{
	add_row(s, ROWS_POSTING,
	    JP_ARGS(JP_INT(p->id), JP_INT(s->board_id), JP_INT(group), JP_TEXT(p->external_id),
		POSTING_ARGS(p, s->now)));
	add_parts(s, p->id, p);
	jp_textindex_add(s->index, p);
	tell_posting(s, JP_EVENT_NEW, p->id, NULL, p);
}

/* Adds postings, in a board that has_some already or none.  From then on one transaction adds at a
 * time: two that add near-duplicates would begin a group each, and both be mailed. */
static void
add_fresh(storing *s, const GPtrArray *fresh, gboolean has_some)
{
	g_autoptr(GHashTable) by_key =
	    g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	g_autoptr(GHashTable) by_requisition =
	    g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	const struct groups groups = {by_key, by_requisition};
	g_autoptr(GArray) of = g_array_new(FALSE, FALSE, sizeof(gint64));

	if (fresh->len == 0)
		return;
	jp_db_lock(s->db, "group");
	if (has_some)
		read_requisitions(s, fresh, &groups);
	get_ids(s, fresh, &groups, of);
	for (guint i = 0; i < fresh->len; i++)
		insert(s, fresh->pdata[i], g_array_index(of, gint64, i));
}

void
jp_posting_store(jp_db *db, gint64 board_id, GPtrArray *postings, const GPtrArray *unread,
    jp_trust trust, gboolean window, gint64 now, jp_store_result *result)
{
	jp_textindex *index = jp_textindex_begin(db);

	jp_posting_store_with(db, index, board_id, postings, unread, trust, window, now, result);
	jp_textindex_end(index);
}

void
jp_posting_store_with(jp_db *db, jp_textindex *index, gint64 board_id, GPtrArray *postings,
    const GPtrArray *unread, jp_trust trust, gboolean window, gint64 now, jp_store_result *result)
{
	g_auto(storing) s;
	g_autoptr(GHashTable) all = NULL;
	g_autoptr(GPtrArray) known = g_ptr_array_new(), fresh = g_ptr_array_new();
	g_autoptr(GString) again = g_string_new(NULL);

	storing_init(&s, db, board_id, now, result);
	s.index = index;
	all = load_known(&s);
	find_listed(&s, postings, all, known, fresh);
	for (guint i = 0; i < known->len; i++) {
		jp_posting *p = known->pdata[i];
		const struct known *k = g_hash_table_lookup(all, p->external_id);

		if (store_known(&s, k, p))
			see_again(k, again);
	}
	add_fresh(&s, fresh, g_hash_table_size(all) > 0);
	for (guint i = 0; unread && i < unread->len; i++) {
		struct known *k = g_hash_table_lookup(all, unread->pdata[i]);

		if (k && !k->is_present && !k->is_closed) {
			k->is_present = TRUE;
			see_again(k, again);
		}
	}
	mark_listed(&s, again);
	miss_absent(&s, all, trust == JP_TRUST_COMPLETE && !window);
	flush(&s);
}

void
jp_posting_store_same(
    jp_db *db, gint64 board_id, gboolean window, gint64 now, jp_store_result *result)
{
	g_auto(storing) s;
	g_autoptr(GString) missed = g_string_new(NULL), closing = g_string_new(NULL);
	jp_rows *r;

	storing_init(&s, db, board_id, now, result);
	if (window)
		return;
	r = jp_db_query(db, JP_SQL_POSTING_UNLISTED_OF_BOARD, JP_ARGS(JP_INT(board_id)));
	while (jp_rows_next(r)) {
		gint64 id = jp_rows_int(r, JP_COL_POSTING_UNLISTED_OF_BOARD_ID);

		add_id(missed, id);
		if (jp_rows_int(r, JP_COL_POSTING_UNLISTED_OF_BOARD_MISSED) + 1 >= JP_LIFE_MISSES)
			add_id(closing, id);
	}
	jp_rows_free(r);
	mark_missed(&s, missed, closing);
	flush(&s);
}

void
jp_posting_expire(jp_db *db, const char *const *windows, gint64 now, gint64 max_age, guint limit,
    jp_store_result *result)
{
	g_auto(storing) s;
	g_autofree char *kinds = jp_json_from_strv(windows);

	storing_init(&s, db, 0, now, result);
	tell_closed(&s, JP_EVENT_EXPIRED,
	    jp_db_query(db, JP_SQL_POSTING_EXPIRE_DATED, JP_ARGS(JP_INT(now), JP_INT(limit))));
	tell_closed(&s, JP_EVENT_EXPIRED,
	    jp_db_query(db, JP_SQL_POSTING_EXPIRE_UNSEEN,
		JP_ARGS(JP_LIST(kinds), JP_INT(now), JP_INT(now - max_age), JP_INT(limit))));
	flush(&s);
}
