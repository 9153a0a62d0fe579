/*
 * Storing what visits brought: postings with their events, the board's validators and schedule,
 * and the visit's row, in one transaction (promise 1), whose every write names the lease.  A holder
 * that lost its lease stores nothing.  Visits that ended together are stored together, because a
 * transaction costs as much as some dozen postings.  Lines are told after the commit.
 */
#include "board/internal.h"

#include <string.h>

struct landing {
	jp_visit *v;
	jp_textindex *index; /* of the transaction */
	gint64 now;
	jp_store_result result;
	jp_board_schedule schedule;
	gboolean complete;
	char *reason;          /* of the visit's row; borrowed from the visit, or NULL */
	char *disabled_reason; /* owned; NULL: not disabled */
};

static void
make_schedule(struct landing *l)
{
	const jp_visit *v = l->v;
	const jp_config *conf = v->scrape->conf;
	const jp_schedule_visit visit = {
	    .status = v->status,
	    .now = l->now,
	    .is_first = v->last_success_at == 0,
	    .n_found = l->result.n_new + l->result.n_reopened,
	    .n_requests = v->n_requests,
	    .range = v->interval,
	    .ttl = v->listing->ttl,
	    .retry_after = v->retry_after,
	    .max_failures = conf->scrape.max_failures,
	    .random = jp_random_below(G_MAXUINT32),
	};

	l->schedule = v->schedule;
	jp_board_schedule_next(&l->schedule, &visit);
}

/* ---- a listing -------------------------------------------------------------------------- */

static gint64
count_open(const jp_visit *v)
{
	gint64 n = 0;

	(void)jp_db_get_int(v->scrape->db, JP_SQL_BOARD_OPEN_COUNT, JP_ARGS(JP_INT(v->id)), &n);
	return n;
}

static jp_trust
judge(struct landing *l, gint64 n_open)
{
	jp_visit *v = l->v;
	jp_listing_facts facts = {
	    .complete = v->listing->complete,
	    .n_postings = g_hash_table_size(v->listing->ids),
	    .n_nameless = v->listing->n_nameless,
	    .n_open = (guint)n_open,
	    .now = l->now,
	};

	jp_outcome_ids_hash(v->listing, facts.hash);
	return jp_life_judge(&facts, &v->suspicion);
}

/* A listing was stored whole, with all its details: its validators may be sent next time. */
static gboolean
is_whole(const struct landing *l)
{
	const jp_visit *v = l->v;

	if (v->listing->n_waiting > 0)
		return FALSE;
	return v->adapter->window ? v->listing->incomplete_why == NULL : l->complete;
}

static jp_visit_status
listing_status(const struct landing *l, jp_trust trust, gint64 n_open)
{
	const jp_visit *v = l->v;

	if (!is_whole(l))
		return trust == JP_TRUST_SUSPECT && !v->adapter->window ? JP_VISIT_SUSPECT
									: JP_VISIT_PARTIAL;
	return g_hash_table_size(v->listing->ids) == 0 && n_open == 0 ? JP_VISIT_EMPTY
								      : JP_VISIT_OK;
}

/* Why a listing is waited out; g_free. */
static char *
doubt(const jp_listing *listing, gint64 n_open)
{
	if (listing->n_nameless > 0)
		return g_strdup_printf("%u item%s without an id that can be read",
		    listing->n_nameless, listing->n_nameless == 1 ? "" : "s");
	return g_strdup_printf("%u postings where %" G_GINT64_FORMAT " were open",
	    g_hash_table_size(listing->ids), n_open);
}

static void
store_listing(struct landing *l)
{
	jp_visit *v = l->v;
	gint64 n_open = count_open(v);
	jp_trust trust;

	jp_outcome_check(v->listing);
	trust = v->adapter->window ? JP_TRUST_PARTIAL : judge(l, n_open);
	l->complete = trust == JP_TRUST_COMPLETE;
	v->status = listing_status(l, trust, n_open);
	if (v->listing->incomplete_why)
		l->reason = v->listing->incomplete_why;
	else if (v->status == JP_VISIT_SUSPECT) {
		v->why = doubt(v->listing, n_open);
		l->reason = v->why;
	} else
		l->reason = v->detail_why;
	jp_posting_store_with(v->scrape->db, l->index, v->id, v->listing->postings,
	    v->listing->unread, trust, v->adapter->window, l->now, &l->result);
	jp_details_keep(v);
}

/* The same again: complete if the stored one was (H05). */
static void
store_same(struct landing *l)
{
	jp_visit *v = l->v;

	l->complete = v->was_complete;
	jp_posting_store_same(
	    v->scrape->db, v->id, v->adapter->window || !v->was_complete, l->now, &l->result);
	memcpy(v->new_hash, v->hash, sizeof v->hash);
	if (v->http_status == 304) {
		/* a 304 may bring newer validators, but need not */
		v->new_etag = g_strdup(v->etag);
		v->new_last_modified = g_strdup(v->last_modified);
	}
}

/* ---- the board and the visit ------------------------------------------------------------ */

/* The number of rows it touched. */
static gint64
finish_board(const struct landing *l)
{
	const jp_visit *v = l->v;
	gboolean whole = v->status == JP_VISIT_UNCHANGED || is_whole(l);
	const jp_suspicion *s = &v->suspicion;

	return jp_db_exec(v->scrape->db, JP_SQL_BOARD_FINISH,
	    JP_ARGS(JP_INT(v->id), JP_TEXT(jp_worker()), JP_INT(v->lease_no), JP_INT(l->now),
		JP_INT(l->schedule.next_at), JP_TEXT(jp_visit_word(v->status)),
		JP_TEXT(whole ? v->new_etag : NULL), JP_TEXT(whole ? v->new_last_modified : NULL),
		JP_TEXT(v->region), whole ? JP_BLOB(v->new_hash, sizeof v->new_hash) : JP_NULL,
		JP_INT(l->complete), s->active ? JP_BLOB(s->hash, sizeof s->hash) : JP_NULL,
		JP_INT_IF(s->active, s->since), JP_INT(s->active ? s->visits : 0)));
}

/* What the scheduler learned, for the holder of the lease, before it ends. */
static void
store_schedule(const struct landing *l)
{
	const jp_visit *v = l->v;
	const jp_board_schedule *s = &l->schedule;
	g_autofree char *host = jp_board_host(v->scrape->conf, v->adapter, v->token, v->region);

	(void)jp_db_exec(v->scrape->db, JP_SQL_BOARD_LEARN,
	    JP_ARGS(JP_INT(v->id), JP_TEXT(jp_worker()), JP_INT(v->lease_no), JP_TEXT(host),
		JP_INT(s->pace), JP_REAL(s->yield), JP_REAL(s->success), JP_INT(s->head_start),
		JP_REAL(s->requests)));
}

static gint64
fail_board(const struct landing *l)
{
	const jp_visit *v = l->v;

	return jp_db_exec(v->scrape->db, JP_SQL_BOARD_FAIL,
	    JP_ARGS(JP_INT(v->id), JP_TEXT(jp_worker()), JP_INT(v->lease_no), JP_INT(l->now),
		JP_INT(l->schedule.next_at), JP_TEXT(jp_visit_word(v->status)),
		JP_INT(l->schedule.failures), JP_INT(l->schedule.gone),
		JP_INT_IF(l->schedule.disable, l->now), JP_TEXT(l->disabled_reason)));
}

static void
insert_visit(const struct landing *l)
{
	const jp_visit *v = l->v;
	const jp_store_result *r = &l->result;

	jp_db_do(v->scrape->db, JP_SQL_VISIT_INSERT,
	    JP_ARGS(JP_INT(v->id), JP_INT(l->now), JP_TEXT(jp_visit_word(v->status)),
		JP_INT_IF(v->http_status > 0, v->http_status), JP_INT(l->complete),
		JP_TEXT(l->reason), JP_INT(v->bytes), JP_INT(v->ms),
		JP_INT(g_hash_table_size(v->listing->ids)), JP_INT(v->listing->n_bad),
		JP_INT(r->n_new + r->n_reopened), JP_INT(r->n_changed), JP_INT(r->n_closed)));
}

/* Whether the board is still ours; then until the commit. */
static gboolean
hold_board(const jp_visit *v, gboolean is_first)
{
	gint64 id;

	return jp_db_get_int(v->scrape->db, is_first ? JP_SQL_BOARD_HOLD : JP_SQL_BOARD_HOLD_MORE,
	    JP_ARGS(JP_INT(v->id), JP_TEXT(jp_worker()), JP_INT(v->lease_no)), &id);
}

/* The board is held. */
static void
store(struct landing *l)
{
	jp_visit *v = l->v;
	gint64 n;

	if (jp_visit_is_failure(v->status)) {
		l->reason = v->why;
		make_schedule(l);
		if (l->schedule.disable)
			l->disabled_reason = g_strdup_printf(
			    "gone: %s on %" G_GINT64_FORMAT " visits", v->why, l->schedule.gone);
	} else {
		if (v->status == JP_VISIT_UNCHANGED)
			store_same(l);
		else
			store_listing(l);
		make_schedule(l);
	}
	if (v->scrape->dry_run)
		return;
	store_schedule(l);
	n = jp_visit_is_failure(v->status) ? fail_board(l) : finish_board(l);
	g_assert(n == 1);
	insert_visit(l);
}

/* ---- telling ---------------------------------------------------------------------------- */

static void
tell_events(jp_scrape *s, const jp_store_result *result, const char *board)
{
	for (guint i = 0; result->events && i < result->events->len; i++) {
		jp_event *e = g_ptr_array_index(result->events, i);

		if (s->dry_run && e->kind == JP_EVENT_NEW)
			e->posting_id = 0; /* rolled back: it names nothing */
		if (s->on_event)
			s->on_event(e, board, s->data);
	}
}

static void
tell_visit(const struct landing *l, const char *board)
{
	const jp_visit *v = l->v;
	jp_scrape *s = v->scrape;
	g_autofree char *message = jp_outcome_message(
	    v->adapter->kind, v->token, v->status, l->reason, l->disabled_reason);
	const jp_visit_note note = {
	    .board = board,
	    .status = jp_visit_word(v->status),
	    .message = message,
	    .worth_saying = !s->quiet && jp_visit_is_failure(v->status),
	};

	for (guint i = 0; i < v->listing->problems->len; i++)
		jp_info("%s (%s): %s", v->token, v->adapter->kind,
		    (char *)g_ptr_array_index(v->listing->problems, i));
	if (s->on_visit)
		s->on_visit(&note, s->data);
}

static void
count(const struct landing *l)
{
	jp_scrape *s = l->v->scrape;

	s->n_visited++;
	s->n_failed += jp_visit_is_failure(l->v->status);
	s->n_unreached += l->v->unreached;
	s->n_new += l->result.n_new + l->result.n_reopened;
	s->n_changed += l->result.n_changed;
	s->n_closed += l->result.n_closed;
}

static void
tell(const struct landing *l)
{
	const jp_visit *v = l->v;
	g_autofree char *board = g_strdup_printf("%s:%s", v->adapter->kind, v->token);

	count(l);
	tell_events(v->scrape, &l->result, board);
	tell_visit(l, board);
}

static void
landing_clear(gpointer data)
{
	struct landing *l = data;

	jp_store_result_clear(&l->result);
	g_free(l->disabled_reason);
}

/* Stores visits one after the other as long as their boards are to be had; a dry run, which takes
 * all back, one only. */
static GArray *
store_some(jp_scrape *s, jp_visit *const *visits, guint n)
{
	GArray *landings = g_array_new(FALSE, FALSE, sizeof(struct landing));
	jp_textindex *index = jp_textindex_begin(s->db);

	g_array_set_clear_func(landings, landing_clear);
	for (guint i = 0; i < n; i++) {
		struct landing l = {.v = visits[i], .index = index, .now = jp_now()};

		if (s->dry_run ? i > 0 : !hold_board(l.v, i == 0))
			break;
		store(&l);
		g_array_append_val(landings, l);
	}
	jp_textindex_end(index);
	return landings;
}

guint
jp_visit_land(jp_visit *const *visits, guint n)
{
	jp_scrape *s = visits[0]->scrape;
	g_autoptr(GArray) landings = NULL;

	jp_db_begin(s->db, JP_TX_WRITE);
	landings = store_some(s, visits, n);
	if (landings->len > 0 && !s->dry_run)
		jp_db_commit(s->db);
	else
		jp_db_rollback(s->db);
	for (guint i = 0; i < landings->len; i++)
		tell(&g_array_index(landings, struct landing, i));
	if (landings->len == 0)
		jp_warn("%s (%s): another run took this board over, or it was changed or removed; "
			"this visit's result was dropped",
		    visits[0]->token, visits[0]->adapter->kind);
	return MAX(landings->len, 1);
}

void
jp_visit_release(jp_visit *v)
{
	jp_db *db = v->scrape->db;

	if (v->scrape->dry_run)
		return;
	jp_db_begin(db, JP_TX_WRITE);
	/* no row: another run has it already */
	jp_db_do(db, JP_SQL_BOARD_RELEASE,
	    JP_ARGS(JP_INT(v->id), JP_TEXT(jp_worker()), JP_INT(v->lease_no)));
	jp_db_commit(db);
}

void
jp_visit_put_off(jp_visit *v, gint64 ms, const char *why)
{
	jp_scrape *s = v->scrape;
	g_autofree char *board = g_strdup_printf("%s:%s", v->adapter->kind, v->token);
	g_autofree char *message =
	    g_strdup_printf("%s (%s): not visited: %s", v->token, v->adapter->kind, why);
	const jp_visit_note note = {.board = board,
	    .status = "later",
	    .message = message,
	    .worth_saying = s->only && !s->quiet};

	s->n_put_off++;
	if (!s->dry_run) {
		jp_db_begin(s->db, JP_TX_WRITE);
		/* no row: another run has it already */
		jp_db_do(s->db, JP_SQL_BOARD_PUT_OFF,
		    JP_ARGS(JP_INT(v->id), JP_TEXT(jp_worker()), JP_INT(v->lease_no),
			JP_INT(jp_board_schedule_put_off(jp_now(), ms))));
		jp_db_commit(s->db);
	}
	if (s->on_visit)
		s->on_visit(&note, s->data);
}

/* ---- expiry ----------------------------------------------------------------------------- */

/* Postings that one transaction closes. */
#define EXPIRE_BATCH 500

static char *
board_of(jp_db *db, gint64 posting)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_BOARD_OF_POSTING, JP_ARGS(JP_INT(posting)));

	if (!jp_rows_next(r))
		return NULL;
	return g_strdup_printf("%s:%s", jp_rows_text(r, JP_COL_BOARD_OF_POSTING_KIND),
	    jp_rows_text(r, JP_COL_BOARD_OF_POSTING_TOKEN));
}

static guint
expire_some(jp_scrape *s)
{
	g_autofree const char **windows = jp_adapter_windows();
	jp_store_result result = {0};
	guint n;

	jp_db_begin(s->db, JP_TX_WRITE);
	jp_posting_expire(
	    s->db, windows, jp_now(), s->conf->scrape.feed_max_age, EXPIRE_BATCH, &result);
	if (s->dry_run)
		jp_db_rollback(s->db);
	else
		jp_db_commit(s->db);
	n = result.events ? result.events->len : 0;
	for (guint i = 0; i < n && s->on_event; i++) {
		const jp_event *e = g_ptr_array_index(result.events, i);
		g_autofree char *board = board_of(s->db, e->posting_id);

		s->on_event(e, board, s->data);
	}
	s->n_closed += n;
	jp_store_result_clear(&result);
	return n;
}

void
jp_visit_expire(jp_scrape *s)
{
	/* a dry run would meet the same ones for ever */
	while (expire_some(s) == EXPIRE_BATCH && !s->dry_run && !jp_stopping())
		;
}
