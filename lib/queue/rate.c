/*
 * Rates: at most n starts in any span of a window's length, wherever it begins.  That is exact
 * because the starts themselves are kept (a row a claim, numbered within their part) and counted
 * back from now; nothing is averaged and no window begins at a full hour.
 *
 * Whoever is here has locked the type's row, so that nobody counts what another is about to note.
 */
#include "queue/internal.h"

/* Clocks of one database differ by less; a start noted later than that was noted before the clock
 * was put back. */
#define SAME_CLOCK JP_MINUTE

static gint64
longest(const jp_quotas *quotas)
{
	gint64 window = 0;

	for (guint i = 0; i < quotas->n; i++)
		window = MAX(window, quotas->rate[i].window);
	return window;
}

/* The last start of a part and its number.  Times never go back: what a clock put back leaves in
 * the future counts as starts of now. */
static gint64
last_start(jp_db *db, const char *type, const char *part, gint64 now, gint64 *number)
{
	g_autoptr(jp_rows) r =
	    jp_db_query(db, JP_SQL_RATE_LAST, JP_ARGS(JP_TEXT(type), JP_TEXT(part)));
	gint64 at = JP_NO_TIME;

	*number = 0;
	if (!jp_rows_next(r))
		return JP_NO_TIME;
	at = jp_rows_int(r, JP_COL_RATE_LAST_AT);
	*number = jp_rows_int(r, JP_COL_RATE_LAST_N_AFTER);
	g_clear_pointer(&r, jp_rows_free);
	if (at <= now + SAME_CLOCK)
		return at;
	(void)jp_db_exec(db, JP_SQL_RATE_SHIFT, /* one row at least */
	    JP_ARGS(JP_TEXT(type), JP_TEXT(part), JP_INT(now)));
	return now;
}

/* What one quota leaves of `number` starts so far. */
static gint64
room_in(jp_db *db, const char *type, const char *part, const jp_quota *q, gint64 number, gint64 now,
    gint64 *free_at)
{
	g_autoptr(jp_rows) r = jp_db_query(
	    db, JP_SQL_RATE_FIRST, JP_ARGS(JP_TEXT(type), JP_TEXT(part), JP_INT(now - q->window)));

	*free_at = now;
	if (!jp_rows_next(r))
		return q->n;
	*free_at = jp_rows_int(r, JP_COL_RATE_FIRST_AT) + q->window;
	return MAX(q->n - (number - jp_rows_int(r, JP_COL_RATE_FIRST_N_BEFORE)), 0);
}

gint64
jp_rate_room(jp_db *db, const char *type, const char *part, const jp_quotas *quotas, gint64 wanted,
    gint64 now, gint64 *free_at)
{
	gint64 number, room = wanted;
	gint64 last = last_start(db, type, part, now, &number);

	*free_at = now;
	if (last != JP_NO_TIME)
		now = MAX(now, last);
	for (guint i = 0; i < quotas->n; i++) {
		gint64 at, n = room_in(db, type, part, &quotas->rate[i], number, now, &at);

		if (n < wanted)
			*free_at = MAX(*free_at, at);
		room = MIN(room, n);
	}
	return room;
}

void
jp_rate_note(
    jp_db *db, const char *type, const char *part, const jp_quotas *quotas, gint64 n, gint64 now)
{
	gint64 number, window = longest(quotas);
	gint64 last = last_start(db, type, part, now, &number);

	if (last != JP_NO_TIME)
		now = MAX(now, last);
	(void)jp_db_exec(db, JP_SQL_RATE_PRUNE, /* often none */
	    JP_ARGS(JP_TEXT(type), JP_TEXT(part), JP_INT(now - window)));
	jp_db_exec(db, JP_SQL_RATE_INSERT,
	    JP_ARGS(JP_TEXT(type), JP_TEXT(part), JP_INT(now), JP_INT(number), JP_INT(number + n),
		JP_INT(now + window)));
}
