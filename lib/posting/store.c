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

/* One listing on its way into the database. */
struct storing {
	jp_db *db;
	gint64 board_id, now;
	jp_store_result *result;
	jp_textindex *index;
	GArray *ids;   /* of the postings to be added */
	guint n_added; /* of these */
};

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

/* Keeps the event, counts it and gives it to the result.  Copies; `what` is JSON or NULL. */
static void
tell(struct storing *s, jp_event_kind kind, gint64 id, const char *what, const jp_event *shown)
{
	jp_event *e = g_new0(jp_event, 1);

	jp_db_do(s->db, JP_SQL_POSTING_EVENT_ADD,
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
}

static void
tell_posting(
    struct storing *s, jp_event_kind kind, gint64 id, const char *what, const jp_posting *p)
{
	const jp_location *first = p->locations->len ? p->locations->pdata[0] : NULL;
	jp_event shown = {.title = p->title, .company = p->company, .url = p->url};

	shown.place = first ? first->text : NULL;
	tell(s, kind, id, what, &shown);
}

/* Reads the rows of a statement that closed postings, frees them, and tells of each.  The three
 * closing statements give the same columns. */
static void
tell_closed(struct storing *s, jp_event_kind kind, jp_rows *rows)
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
mark_listed(struct storing *s, GString *ids)
{
	if (end_ids(ids))
		jp_db_do(s->db, JP_SQL_POSTING_LISTED, JP_ARGS(JP_LIST(ids->str), JP_INT(s->now)));
}

/* The postings are not listed any more. */
static void
mark_unlisted(struct storing *s, GString *ids)
{
	if (end_ids(ids))
		jp_db_do(s->db, JP_SQL_POSTING_UNLISTED, JP_ARGS(JP_LIST(ids->str)));
}

/* Counts the miss of the first list and closes the second, a part of it. */
static void
mark_missed(struct storing *s, GString *missed, GString *closing)
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
put_parts(struct storing *s, gint64 id, const jp_posting *p)
{
	for (guint i = 0; i < p->locations->len; i++) {
		const jp_location *l = p->locations->pdata[i];

		jp_db_do(s->db, JP_SQL_LOCATION_ADD,
		    JP_ARGS(JP_INT(id), JP_INT(i), JP_TEXT(l->text), JP_TEXT(l->city),
			JP_TEXT(l->region), JP_TEXT(l->country)));
	}
	if (p->skills->len) {
		g_autoptr(GPtrArray) names = g_ptr_array_sized_new(p->skills->len + 1);
		g_autofree char *json = NULL;

		for (guint i = 0; i < p->skills->len; i++)
			g_ptr_array_add(names, p->skills->pdata[i]);
		g_ptr_array_add(names, NULL);
		json = jp_json_from_strv((const char *const *)names->pdata);
		jp_db_do(s->db, JP_SQL_POSTING_SKILL_ADD, JP_ARGS(JP_INT(id), JP_LIST(json)));
	}
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

/* Gets the ids of n new postings.  From then on one transaction adds at a time: two that add
 * near-duplicates would begin a group each, and both be mailed. */
static void
get_ids(struct storing *s, guint n)
{
	g_autoptr(jp_rows) r = NULL;

	if (n == 0)
		return;
	jp_db_lock(s->db, "group");
	r = jp_db_query(s->db, JP_SQL_POSTING_IDS, JP_ARGS(JP_INT(n)));
	while (jp_rows_next(r)) {
		gint64 id = jp_rows_int(r, JP_COL_POSTING_IDS_ID);

		g_array_append_val(s->ids, id);
	}
	g_assert(s->ids->len == n);
}

static void
insert(struct storing *s, jp_posting *p)
{
	g_assert(s->n_added < s->ids->len);
	p->id = g_array_index(s->ids, gint64, s->n_added++);
	jp_db_do(s->db, JP_SQL_POSTING_INSERT,
	    JP_ARGS(JP_INT(p->id), JP_INT(s->board_id), JP_TEXT(p->external_id),
		POSTING_ARGS(p, s->now)));
	put_parts(s, p->id, p);
	jp_textindex_add(s->index, p);
	tell_posting(s, JP_EVENT_NEW, p->id, NULL, p);
}

/* `old` is the posting as it is stored; NULL: it is read here. */
static void
update(struct storing *s, gint64 id, const jp_posting *old, const jp_posting *p, gboolean is_change)
{
	jp_textindex_change(s->index, id, old, p);
	jp_db_do(s->db, JP_SQL_POSTING_UPDATE,
	    JP_ARGS(JP_INT(id), POSTING_ARGS(p, s->now), JP_INT(is_change ? 1 : 0)));
	jp_db_do(s->db, JP_SQL_LOCATION_CLEAR, JP_ARGS(JP_INT(id)));
	jp_db_do(s->db, JP_SQL_POSTING_SKILL_CLEAR, JP_ARGS(JP_INT(id)));
	put_parts(s, id, p);
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
load_known(struct storing *s)
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
store_known(struct storing *s, const struct known *k, jp_posting *p)
{
	gboolean same_rules = k->hash_version == JP_POSTING_HASH_VERSION;
	gboolean same = memcmp(k->hash, p->hash, sizeof(k->hash)) == 0;
	g_autoptr(jp_posting) old = NULL;
	g_autofree char *what = NULL;

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
		what = changed_fields(old, p);
		update(s, k->id, old, p, TRUE);
		tell_posting(s, JP_EVENT_CHANGED, k->id, what, p);
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
miss_absent(struct storing *s, GHashTable *all, gboolean is_trusted)
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

/* Appends to `once` the postings to be stored, each external id's first one, and marks those that
 * are known; gives the number of the others. */
static guint
find_listed(const struct storing *s, const GPtrArray *postings, GHashTable *all, GPtrArray *once)
{
	g_autoptr(GHashTable) ids = g_hash_table_new(g_str_hash, g_str_equal);
	guint n_new = 0;

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
		else
			n_new++;
		g_ptr_array_add(once, p);
	}
	return n_new;
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
	struct storing s = {
	    .db = db, .index = index, .board_id = board_id, .now = now, .result = result};
	g_autoptr(GHashTable) all = load_known(&s);
	g_autoptr(GPtrArray) once = g_ptr_array_sized_new(postings->len);
	g_autoptr(GArray) ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autoptr(GString) again = g_string_new(NULL);

	s.ids = ids;
	get_ids(&s, find_listed(&s, postings, all, once));
	for (guint i = 0; i < once->len; i++) {
		jp_posting *p = once->pdata[i];
		struct known *k = g_hash_table_lookup(all, p->external_id);

		if (!k)
			insert(&s, p);
		else if (store_known(&s, k, p))
			see_again(k, again);
	}
	for (guint i = 0; unread && i < unread->len; i++) {
		struct known *k = g_hash_table_lookup(all, unread->pdata[i]);

		if (k && !k->is_present && !k->is_closed) {
			k->is_present = TRUE;
			see_again(k, again);
		}
	}
	mark_listed(&s, again);
	miss_absent(&s, all, trust == JP_TRUST_COMPLETE && !window);
}

void
jp_posting_store_same(
    jp_db *db, gint64 board_id, gboolean window, gint64 now, jp_store_result *result)
{
	struct storing s = {.db = db, .board_id = board_id, .now = now, .result = result};
	g_autoptr(GString) missed = g_string_new(NULL), closing = g_string_new(NULL);
	jp_rows *r;

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
}

void
jp_posting_expire(jp_db *db, const char *const *windows, gint64 now, gint64 max_age, guint limit,
    jp_store_result *result)
{
	struct storing s = {.db = db, .now = now, .result = result};
	g_autofree char *kinds = jp_json_from_strv(windows);

	tell_closed(&s, JP_EVENT_EXPIRED,
	    jp_db_query(db, JP_SQL_POSTING_EXPIRE_DATED, JP_ARGS(JP_INT(now), JP_INT(limit))));
	tell_closed(&s, JP_EVENT_EXPIRED,
	    jp_db_query(db, JP_SQL_POSTING_EXPIRE_UNSEEN,
		JP_ARGS(JP_LIST(kinds), JP_INT(now), JP_INT(now - max_age), JP_INT(limit))));
}
