/*
 * Subscribers as rows: added, changed, paused, stopped, removed.  An address is mailed only after a
 * consent (O01), and never again once it is suppressed (U09): that is looked up by keyed hash
 * before any row is made.  Due times are stored with the searches and move only here and in
 * compose.c (C05).
 */
#include "mail/mail.h"

#include <string.h>

#define PAGE 500

jp_subscriber *
jp_subscriber_new(void)
{
	jp_subscriber *s = g_new0(jp_subscriber, 1);

	s->timezone = g_strdup("UTC");
	s->status = g_strdup("pending");
	s->frequency = JP_FREQUENCY_DAILY;
	s->hour = 8;
	s->weekday = 1;
	return s;
}

void
jp_subscriber_free(jp_subscriber *s)
{
	if (!s)
		return;
	g_free(s->email);
	g_free(s->name);
	g_free(s->timezone);
	g_free(s->status);
	g_free(s);
}

static gboolean
bad(GError **error, const char *what)
{
	g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA, what);
	return FALSE;
}

static gboolean
is_timezone(const char *name)
{
	g_autoptr(GTimeZone) zone = NULL;

	if (!*name || *name == '/' || strstr(name, ".."))
		return FALSE;
	zone = g_time_zone_new_identifier(name);
	return zone != NULL;
}

static gboolean
is_one_line(const char *text)
{
	for (; *text; text++)
		if (g_ascii_iscntrl(*text))
			return FALSE;
	return TRUE;
}

gboolean
jp_subscriber_check(const jp_subscriber *s, GError **error)
{
	if (!s->email)
		return bad(error, "email is missing");
	if (!jp_address_check(s->email, error))
		return FALSE;
	if (s->name &&
	    (strlen(s->name) > JP_MAX_NAME || !g_utf8_validate(s->name, -1, NULL) ||
		!is_one_line(s->name)))
		return bad(error, "name: one line of at most 200 bytes is expected");
	if (!is_timezone(s->timezone))
		return bad(error, "timezone: not known; give a name such as Europe/Berlin");
	if (s->hour < 0 || s->hour > 23)
		return bad(error, "hour: not a whole number from 0 to 23");
	if (s->weekday < 1 || s->weekday > 7)
		return bad(error, "weekday: not a whole number from 1 (Monday) to 7");
	if (s->frequency == JP_FREQUENCY_INHERIT)
		return bad(error, "frequency: not one of instant, daily, weekdays, weekly, off");
	return TRUE;
}

/* ---- reading ------------------------------------------------------------------------------ */

gint64
jp_subscriber_find(jp_db *db, const char *who)
{
	gint64 id = 0;
	g_autofree char *key = NULL;

	if (jp_int_parse(who, 1, G_MAXINT64, &id))
		return jp_db_get_int(db, JP_SQL_SUBSCRIBER_FIND_ID, JP_ARGS(JP_INT(id)), &id) ? id
											      : 0;
	key = jp_address_key(who);
	return jp_db_get_int(db, JP_SQL_SUBSCRIBER_FIND_EMAIL, JP_ARGS(JP_TEXT(key)), &id) ? id : 0;
}

/* The statements that give subscribers have the same columns in the same places. */
G_STATIC_ASSERT((int)JP_COL_SUBSCRIBER_LOAD_STATUS == (int)JP_COL_SUBSCRIBER_PAGE_STATUS);

static jp_subscriber *
from_row(const jp_rows *r)
{
	jp_subscriber *s = g_new0(jp_subscriber, 1);

	s->id = jp_rows_int(r, JP_COL_SUBSCRIBER_LOAD_ID);
	s->email = g_strdup(jp_rows_text(r, JP_COL_SUBSCRIBER_LOAD_EMAIL));
	s->name = g_strdup(jp_rows_text(r, JP_COL_SUBSCRIBER_LOAD_NAME));
	s->timezone = g_strdup(jp_rows_text(r, JP_COL_SUBSCRIBER_LOAD_TIMEZONE));
	if (!jp_frequency_from_word(
		jp_rows_text(r, JP_COL_SUBSCRIBER_LOAD_FREQUENCY), &s->frequency))
		s->frequency =
		    JP_FREQUENCY_OFF; /* a newer program's word: better no mail than too much */
	s->hour = (int)jp_rows_int(r, JP_COL_SUBSCRIBER_LOAD_HOUR);
	s->weekday = (int)jp_rows_int(r, JP_COL_SUBSCRIBER_LOAD_WEEKDAY);
	s->status = g_strdup(jp_rows_text(r, JP_COL_SUBSCRIBER_LOAD_STATUS));
	return s;
}

jp_subscriber *
jp_subscriber_load(jp_db *db, gint64 id)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_SUBSCRIBER_LOAD, JP_ARGS(JP_INT(id)));

	return jp_rows_next(r) ? from_row(r) : NULL;
}

static void
subscriber_free(gpointer s)
{
	jp_subscriber_free(s);
}

void
jp_subscriber_list(jp_db *db, const char *status, jp_subscriber_each each, gpointer data)
{
	gint64 after = 0;
	guint n;

	do {
		g_autoptr(GPtrArray) page = g_ptr_array_new_with_free_func(subscriber_free);
		g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_SUBSCRIBER_PAGE,
		    JP_ARGS(JP_INT(after), JP_TEXT(status), JP_INT(PAGE)));

		while (jp_rows_next(r))
			g_ptr_array_add(page, from_row(r));
		g_clear_pointer(&r, jp_rows_free);
		for (guint i = 0; i < page->len; i++) {
			const jp_subscriber *s = g_ptr_array_index(page, i);

			after = s->id;
			each(s, data);
		}
		n = page->len;
	} while (n == PAGE);
}

void
jp_subscriber_consents(jp_db *db, gint64 id, jp_consent_each each, gpointer data)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_CONSENT_LIST, JP_ARGS(JP_INT(id)));

	while (jp_rows_next(r))
		each(jp_rows_text(r, JP_COL_CONSENT_LIST_TEXT),
		    jp_rows_text(r, JP_COL_CONSENT_LIST_WAY),
		    jp_rows_int(r, JP_COL_CONSENT_LIST_AT), data);
}

/* ---- suppression -------------------------------------------------------------------------- */

gboolean
jp_subscriber_is_suppressed(jp_db *db, const jp_keys *k, const char *email)
{
	guint8 hash[32];
	gint64 at;

	jp_suppression_hash(k, email, hash);
	return jp_db_get_int(
	    db, JP_SQL_SUPPRESSION_FIND, JP_ARGS(JP_BLOB(hash, sizeof(hash))), &at);
}

void
jp_subscriber_suppress(
    jp_db *db, const jp_keys *k, const char *email, const char *reason, gint64 now)
{
	guint8 hash[32];

	jp_suppression_hash(k, email, hash);
	jp_db_exec(db, JP_SQL_SUPPRESSION_ADD,
	    JP_ARGS(JP_BLOB(hash, sizeof(hash)), JP_TEXT(reason), JP_INT(now)));
}

gboolean
jp_subscriber_stop(jp_db *db, const jp_keys *k, gint64 id, const char *status, gint64 now)
{
	g_autoptr(jp_subscriber) s = jp_subscriber_load(db, id);

	if (!s)
		return FALSE;
	jp_subscriber_suppress(db, k, s->email, status, now);
	jp_db_exec(
	    db, JP_SQL_SUBSCRIBER_SET_STATUS, JP_ARGS(JP_INT(id), JP_TEXT(status), JP_INT(now)));
	return TRUE;
}

/* ---- due times ---------------------------------------------------------------------------- */

static gint64
next_of(const jp_subscriber *s, jp_frequency own, gint64 now)
{
	return jp_schedule_next(own == JP_FREQUENCY_INHERIT ? s->frequency : own, s->hour,
	    s->weekday, s->timezone, now);
}

typedef struct due {
	gint64 id, next_at;
} due;

/* New due times for the searches of s, or for one of them: for those that are due already (`past`),
 * or for the others.  What is due stays due when somebody's hour changes, or a nightly import would
 * put it off for ever. */
static void
reschedule(jp_db *db, const jp_subscriber *s, gint64 one, gboolean past, gint64 now)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(due));
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_SEARCH_TIMES, JP_ARGS(JP_INT(s->id)));

	while (jp_rows_next(r)) {
		const char *word = jp_rows_text(r, JP_COL_SEARCH_TIMES_FREQUENCY);
		gint64 next_at = jp_rows_int(r, JP_COL_SEARCH_TIMES_NEXT_AT);
		jp_frequency own = JP_FREQUENCY_INHERIT;
		due d = {.id = jp_rows_int(r, JP_COL_SEARCH_TIMES_ID)};

		if (word && !jp_frequency_from_word(word, &own))
			own = JP_FREQUENCY_OFF;
		d.next_at = next_of(s, own, now);
		if ((next_at <= now) == past && d.next_at != next_at && (one == 0 || one == d.id))
			g_array_append_val(all, d);
	}
	g_clear_pointer(&r, jp_rows_free);
	for (guint i = 0; i < all->len; i++) {
		const due *d = &g_array_index(all, due, i);

		jp_db_exec(db, JP_SQL_SEARCH_SET_NEXT, JP_ARGS(JP_INT(d->id), JP_INT(d->next_at)));
	}
}

/* ---- adding and changing ------------------------------------------------------------------ */

/* Mail may begin: what is past waits for the next hour, and every search is matched. */
static void
activate(jp_db *db, gint64 id, gint64 now)
{
	g_autoptr(jp_subscriber) s = jp_subscriber_load(db, id);

	if (!s) /* removed meanwhile */
		return;
	jp_db_exec(
	    db, JP_SQL_SUBSCRIBER_SET_STATUS, JP_ARGS(JP_INT(id), JP_TEXT("active"), JP_INT(now)));
	jp_db_exec(db, JP_SQL_SEARCH_REMATCH, JP_ARGS(JP_INT(id)));
	reschedule(db, s, 0, TRUE, now);
}

void
jp_subscriber_consent(
    jp_db *db, gint64 id, const char *text, const char *way, gint64 at, gint64 now)
{
	g_autoptr(jp_subscriber) s = jp_subscriber_load(db, id);
	gint64 known;

	g_return_if_fail(s);
	if (!jp_db_get_int(
		db, JP_SQL_CONSENT_FIND, JP_ARGS(JP_INT(id), JP_TEXT(text), JP_TEXT(way)), &known))
		jp_db_exec(db, JP_SQL_CONSENT_ADD,
		    JP_ARGS(JP_INT(id), JP_TEXT(text), JP_TEXT(way), JP_INT(at)));
	if (strcmp(s->status, "pending") == 0)
		activate(db, id, now);
}

static gint64
add(jp_db *db, const jp_subscriber *s, const char *key, gint64 now)
{
	return jp_db_insert(db, JP_SQL_SUBSCRIBER_ADD,
	    JP_ARGS(JP_TEXT(s->email), JP_TEXT(key), JP_TEXT(s->name), JP_TEXT(s->timezone),
		JP_TEXT(jp_frequency_word(s->frequency)), JP_INT(s->hour), JP_INT(s->weekday),
		JP_TEXT("pending"), JP_INT(now)));
}

static void
update(jp_db *db, const jp_subscriber *s, gint64 id, gint64 now)
{
	g_autoptr(jp_subscriber) old = jp_subscriber_load(db, id);
	g_autoptr(jp_subscriber) new = NULL;

	jp_db_exec(db, JP_SQL_SUBSCRIBER_UPDATE,
	    JP_ARGS(JP_INT(id), JP_TEXT(s->email), JP_TEXT(s->name), JP_TEXT(s->timezone),
		JP_TEXT(jp_frequency_word(s->frequency)), JP_INT(s->hour), JP_INT(s->weekday),
		JP_INT(now)));
	if (strcmp(old->timezone, s->timezone) == 0 && old->frequency == s->frequency &&
	    old->hour == s->hour && old->weekday == s->weekday)
		return;
	new = jp_subscriber_load(db, id);
	reschedule(db, new, 0, FALSE, now);
}

gint64
jp_subscriber_put(jp_db *db, const jp_keys *k, const jp_subscriber *s, const char *consent,
    const char *way, gint64 now, gboolean *is_new, GError **error)
{
	g_autofree char *key = NULL;
	gint64 id = 0;

	if (!jp_subscriber_check(s, error))
		return 0;
	if (jp_subscriber_is_suppressed(db, k, s->email)) {
		g_set_error_literal(error, JP_ERROR, JP_ERROR_PERM,
		    "the address is suppressed: its owner unsubscribed, or it bounced");
		return 0;
	}
	key = jp_address_key(s->email);
	jp_db_lock(db, JP_SUBSCRIBER_LOCK);
	*is_new = !jp_db_get_int(db, JP_SQL_SUBSCRIBER_HOLD, JP_ARGS(JP_TEXT(key)), &id);
	if (*is_new)
		id = add(db, s, key, now);
	else
		update(db, s, id, now);
	if (consent)
		jp_subscriber_consent(db, id, consent, way, now, now);
	return id;
}

/* ---- changing the state ------------------------------------------------------------------- */

gboolean
jp_subscriber_pause(jp_db *db, gint64 id, gboolean pause, gint64 now)
{
	g_autoptr(jp_subscriber) s = jp_subscriber_load(db, id);
	gboolean is_paused = s && strcmp(s->status, "paused") == 0;
	gboolean is_active = s && strcmp(s->status, "active") == 0;

	if (!is_paused && !is_active)
		return FALSE;
	if (pause && is_active)
		jp_db_exec(db, JP_SQL_SUBSCRIBER_SET_STATUS,
		    JP_ARGS(JP_INT(id), JP_TEXT("paused"), JP_INT(now)));
	else if (!pause && is_paused)
		activate(db, id, now);
	return TRUE;
}

gboolean
jp_subscriber_unsubscribe(jp_db *db, const jp_keys *k, gint64 id, gint64 now)
{
	return jp_subscriber_stop(db, k, id, "unsubscribed", now);
}

gboolean
jp_subscriber_remove(jp_db *db, gint64 id)
{
	jp_db_exec(db, JP_SQL_SUBSCRIBER_FORGET_MESSAGES, JP_ARGS(JP_INT(id)));
	return jp_db_exec(db, JP_SQL_SUBSCRIBER_REMOVE, JP_ARGS(JP_INT(id))) == 1;
}

/* ---- saved searches ----------------------------------------------------------------------- */

gint64
jp_subscriber_put_search(jp_db *db, const jp_subscriber *s, jp_search *search, gint64 now)
{
	gint64 next_at = next_of(s, search->frequency, now);
	gint64 was;

	search->subscriber_id = s->id;
	/* What is due stays due, as in reschedule(). */
	if (jp_db_get_int(
		db, JP_SQL_SEARCH_NEXT, JP_ARGS(JP_INT(s->id), JP_TEXT(search->name)), &was) &&
	    was <= now && next_at != G_MAXINT64)
		next_at = was;
	return jp_search_put(db, search, next_at, now);
}

gboolean
jp_subscriber_pause_search(jp_db *db, gint64 id, gint64 search, gboolean pause, gint64 now)
{
	g_autoptr(jp_subscriber) s = NULL;

	if (jp_db_exec(db, JP_SQL_SEARCH_PAUSE,
		JP_ARGS(JP_INT(id), JP_INT(search), JP_INT_IF(pause, now), JP_INT(now))) == 0)
		return FALSE;
	s = pause ? NULL : jp_subscriber_load(db, id);
	if (s)
		reschedule(db, s, search, TRUE, now);
	return TRUE;
}
