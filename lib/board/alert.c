/*
 * Alerts (C02): a board whose failing persists is reported once, and once when it recovers.
 *
 * That a board fails is recorded with its visit (board.failing_since).  From there a run finds what
 * is to be told, whoever recorded it: so nothing is lost when a run is killed between a visit and
 * its end.  A row of the table alert is a board in trouble, and what the operator was told of it.
 * One run claims the telling by a lease; a run that is killed between telling and writing so down
 * leaves it to be told once more, a minute later, rather than never.
 */
#include "board/internal.h"

#include <string.h>

/* Alerts that one claim takes. */
#define BATCH 100
/* How long a claim holds: telling is a write to stderr. */
#define LEASE JP_MINUTE

/* Opens alerts for boards whose failing persists, and forgets those that recovered untold. */
static void
find(jp_scrape *s)
{
	const jp_config *conf = s->conf;
	gint64 now;

	jp_db_begin(s->db, JP_TX_WRITE);
	now = jp_db_now(s->db);
	(void)jp_db_exec(s->db, JP_SQL_ALERT_OPEN,
	    JP_ARGS(JP_INT(now), JP_INT(conf->scrape.alert_failures),
		JP_INT(now - conf->scrape.alert_after)));
	(void)jp_db_exec(s->db, JP_SQL_ALERT_FORGET, JP_ARGS(JP_INT(now)));
	jp_db_commit(s->db);
}

static GArray *
claim(jp_scrape *s)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	gint64 now;
	jp_rows *r;

	jp_db_begin(s->db, JP_TX_WRITE);
	now = jp_db_now(s->db);
	r = jp_db_query(s->db, JP_SQL_ALERT_CLAIM,
	    JP_ARGS(JP_INT(now), JP_INT(now + LEASE), JP_TEXT(jp_worker()), JP_INT(BATCH)));
	while (jp_rows_next(r)) {
		gint64 id = jp_rows_int(r, JP_COL_ALERT_CLAIM_BOARD_ID);

		g_array_append_val(ids, id);
	}
	jp_rows_free(r);
	jp_db_commit(s->db);
	return ids;
}

/* What is said of a board in trouble, or that it is out of it. */
static char *
message_of(const jp_board_row *r, const char *state)
{
	jp_visit_status status = jp_visit_status_of(r->last_status);
	g_autofree char *since = NULL, *why = NULL;

	if (strcmp(state, "recovered") == 0)
		return g_strdup_printf("%s (%s): recovered: %s", r->token, r->kind,
		    r->last_status ? r->last_status : "not visited yet");
	if (strcmp(state, "disabled") == 0)
		return jp_outcome_message(r->kind, r->token, status, NULL, r->disabled_reason);
	since = jp_time_format(r->failing_since);
	why = g_strdup_printf("failing since %.10s, %" G_GINT64_FORMAT " visit%s in a row: %s",
	    since, r->failures, r->failures == 1 ? "" : "s",
	    r->last_reason ? r->last_reason : r->last_status);
	return jp_outcome_message(r->kind, r->token, status, why, NULL);
}

static void
tell(jp_scrape *s, gint64 id)
{
	g_autoptr(jp_board_row) r = jp_board_get(s->db, id);
	const char *state;
	g_autofree char *message = NULL;

	if (!r)
		return; /* removed, and its alert with it */
	state = r->failing_since == JP_NO_TIME ? "recovered"
	    : r->disabled_at == JP_NO_TIME     ? "failing"
					       : "disabled";
	message = message_of(r, state);
	if (s->on_visit)
		s->on_visit(&(jp_visit_note){.board = r->name,
				.status = state,
				.message = message,
				.worth_saying = TRUE},
		    s->data);
	jp_db_begin(s->db, JP_TX_WRITE);
	/* no row: the lease was lost, and another run tells it */
	if (strcmp(state, "recovered") == 0)
		jp_db_do(s->db, JP_SQL_ALERT_OVER, JP_ARGS(JP_INT(id), JP_TEXT(jp_worker())));
	else
		jp_db_do(s->db, JP_SQL_ALERT_TOLD,
		    JP_ARGS(JP_INT(id), JP_TEXT(jp_worker()), JP_TEXT(state),
			JP_INT(jp_db_now(s->db))));
	jp_db_commit(s->db);
}

void
jp_board_alerts(jp_scrape *s)
{
	guint n = BATCH;

	if (s->dry_run)
		return;
	find(s);
	while (s->quiet && n == BATCH) {
		g_autoptr(GArray) ids = claim(s);

		n = ids->len;
		for (guint i = 0; i < n; i++)
			tell(s, g_array_index(ids, gint64, i));
	}
}
