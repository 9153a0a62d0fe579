/*
 * The visit: due boards are claimed by lease, fetched concurrently through one HTTP client
 * (fetch.c), and handed to landing.c, many at once, when they have ended.  Nothing here writes but
 * claims, and no transaction spans the network.
 */
#include "board/internal.h"

#include <string.h>

/* Due boards that a claim looks at: more hosts than boards can be in flight. */
#define WINDOW 2000
/* A claim that gave less than was asked for is not repeated sooner. */
#define CLAIM_PAUSE_US (200 * 1000)
/* How long a claim holds when we are killed; it is renewed while we live. */
#define LEASE (10 * JP_MINUTE)

/* Visits that ended wait for each other, because a transaction costs as much as many postings:
 * until nothing arrives and they are half as many as those under way, whose answers then keep the
 * reader and the network busy while they are stored; until they have so many postings (others wait
 * for the transaction some 200 ms), or came as so many bytes, which memory holds as long; or until
 * one has waited that long. */
#define MANY_POSTINGS 1000
#define MANY_BYTES    (8 * JP_MIB)
#define LONGEST_US    G_USEC_PER_SEC

struct claim {
	gint64 id, lease_no;
};

struct crew {
	jp_scrape *scrape;
	GHashTable *visits; /* of jp_visit *, in flight or ended */
	GPtrArray *ended;   /* of jp_visit *, borrowed from those: to be stored */
	guint n_postings;   /* that they brought */
	gint64 n_bytes;     /* that they came as */
	gint64 ended_us;    /* when the first of them ended */
	GArray *queue;      /* of struct claim, still to be claimed one by one (only, dry run) */
	guint queued;       /* of those, how many were taken */
	gboolean has_queue;
	gboolean is_topping_up; /* a visit may end while it begins */
	gint64 claim_after_us;
	gint64 renewed;
};

/* ---- a board in hand -------------------------------------------------------------------- */

/* What a window listed last has expired since, and must be read again to come back. */
static gboolean
has_expired(const jp_visit *v)
{
	return v->adapter && v->adapter->window &&
	    v->last_success_at < jp_now() - v->scrape->conf->scrape.feed_max_age;
}

static void
read_state(jp_visit *v, const jp_rows *r)
{
	gsize len;
	const void *hash = jp_rows_blob(r, JP_COL_BOARD_VISIT_BODY_HASH, &len);
	const void *suspect;

	/* a listing that was normalised by older rules is read again */
	v->has_hash = hash && len == JP_VISIT_HASH_LEN && !has_expired(v) &&
	    ((const guint8 *)hash)[len - 1] == (guint8)JP_POSTING_HASH_VERSION;
	if (v->has_hash)
		memcpy(v->hash, hash, len);
	v->was_complete = jp_rows_int(r, JP_COL_BOARD_VISIT_WAS_COMPLETE) != 0;
	suspect = jp_rows_blob(r, JP_COL_BOARD_VISIT_SUSPECT_HASH, &len);
	v->suspicion.active = suspect && len == sizeof v->suspicion.hash;
	if (v->suspicion.active)
		memcpy(v->suspicion.hash, suspect, len);
	v->suspicion.since = jp_rows_int_or(r, JP_COL_BOARD_VISIT_SUSPECT_SINCE, 0);
	v->suspicion.visits = (guint)jp_rows_int(r, JP_COL_BOARD_VISIT_SUSPECT_VISITS);
}

static void
read_board(jp_visit *v, const jp_rows *r)
{
	gint64 own;

	v->adapter = jp_adapter_find(jp_rows_text(r, JP_COL_BOARD_VISIT_KIND));
	v->token = g_strdup(jp_rows_text(r, JP_COL_BOARD_VISIT_TOKEN));
	v->company = g_strdup(jp_rows_text(r, JP_COL_BOARD_VISIT_COMPANY));
	v->region = g_strdup(jp_rows_text(r, JP_COL_BOARD_VISIT_REGION));
	v->etag = g_strdup(jp_rows_text(r, JP_COL_BOARD_VISIT_ETAG));
	v->last_modified = g_strdup(jp_rows_text(r, JP_COL_BOARD_VISIT_LAST_MODIFIED));
	own = jp_rows_int_or(r, JP_COL_BOARD_VISIT_INTERVAL_MS, 0);
	v->interval = own > 0 ? (jp_range){own, own} : v->scrape->conf->scrape.interval;
	v->schedule = (jp_board_schedule){
	    .failures = jp_rows_int(r, JP_COL_BOARD_VISIT_FAILURES),
	    .gone = jp_rows_int(r, JP_COL_BOARD_VISIT_GONE),
	    .pace = jp_rows_int_or(r, JP_COL_BOARD_VISIT_PACE_MS, 0),
	    .yield = jp_rows_real(r, JP_COL_BOARD_VISIT_YIELD_AVG),
	    .success = jp_rows_real(r, JP_COL_BOARD_VISIT_SUCCESS_AVG),
	    .requests = jp_rows_real(r, JP_COL_BOARD_VISIT_REQUESTS_AVG),
	    .weight = jp_rows_int(r, JP_COL_BOARD_VISIT_WEIGHT),
	};
	v->last_success_at = jp_rows_int_or(r, JP_COL_BOARD_VISIT_LAST_SUCCESS_AT, 0);
	read_state(v, r);
}

jp_visit *
jp_visit_new(jp_scrape *s, gint64 id, gint64 lease_no)
{
	g_autoptr(jp_rows) r = jp_db_query(s->db, JP_SQL_BOARD_VISIT, JP_ARGS(JP_INT(id)));
	jp_visit *v;

	if (!jp_rows_next(r))
		return NULL;
	v = g_new0(jp_visit, 1);
	v->scrape = s;
	v->id = id;
	v->lease_no = lease_no;
	v->retry_after = -1;
	v->status = JP_VISIT_OK;
	read_board(v, r);
	v->first_region = g_strdup(v->region);
	v->rereads = v->adapter && jp_details_are_old(v);
	v->has_hash = v->has_hash && !v->rereads;
	v->listing = jp_listing_new();
	if (v->adapter)
		return v;
	jp_visit_free(v);
	return NULL;
}

void
jp_visit_free(jp_visit *v)
{
	g_free(v->token);
	g_free(v->company);
	g_free(v->region);
	g_free(v->etag);
	g_free(v->last_modified);
	g_free(v->first_region);
	g_free(v->new_etag);
	g_free(v->new_last_modified);
	g_free(v->why);
	g_free(v->asked);
	g_free(v->detail_why);
	if (v->known)
		g_hash_table_unref(v->known);
	if (v->unhad)
		g_ptr_array_unref(v->unhad);
	if (v->prints)
		g_hash_table_unref(v->prints);
	jp_listing_free(v->listing);
	g_free(v);
}

/* ---- claiming --------------------------------------------------------------------------- */

static GArray *
claims_new(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct claim));
}

static void
add_claims(GArray *to, jp_rows *r, int col_id, int col_lease)
{
	while (jp_rows_next(r)) {
		struct claim c = {
		    jp_rows_int(r, col_id), col_lease < 0 ? 0 : jp_rows_int(r, col_lease)};

		g_array_append_val(to, c);
	}
	jp_rows_free(r);
}

/* Boards that are due, as many as may be visited at a time. */
static GArray *
claim_some(struct crew *crew, guint n)
{
	const jp_config *conf = crew->scrape->conf;
	jp_db *db = crew->scrape->db;
	GArray *claims = claims_new();
	gint64 now = jp_db_now(db), flying = 0;

	jp_db_begin(db, JP_TX_WRITE);
	jp_db_lock(db, "board-claim");
	(void)jp_db_get_int(db, JP_SQL_BOARD_FLYING, JP_ARGS(JP_INT(now)), &flying);
	n = (guint)CLAMP(conf->scrape.in_flight - flying, 0, (gint64)n);
	if (n > 0)
		add_claims(claims,
		    jp_db_query(db, JP_SQL_BOARD_CLAIM_DUE,
			JP_ARGS(JP_INT(now), JP_INT(now + LEASE), JP_TEXT(jp_worker()), JP_INT(n),
			    JP_INT(conf->scrape.per_host), JP_INT(WINDOW))),
		    JP_COL_BOARD_CLAIM_DUE_ID, JP_COL_BOARD_CLAIM_DUE_LEASE_NO);
	jp_db_commit(db);
	return claims;
}

/* One board of the queue; without a lease in a dry run, which writes nothing. */
static void
claim_one(struct crew *crew, GArray *claims, gint64 id)
{
	jp_db *db = crew->scrape->db;
	struct claim free_claim = {id, 0};
	gint64 now = jp_db_now(db);
	guint before = claims->len;

	if (crew->scrape->dry_run) {
		g_array_append_val(claims, free_claim);
		return;
	}
	jp_db_begin(db, JP_TX_WRITE);
	add_claims(claims,
	    jp_db_query(db, JP_SQL_BOARD_CLAIM_ONE,
		JP_ARGS(JP_INT(id), JP_INT(now), JP_INT(now + LEASE), JP_TEXT(jp_worker()))),
	    JP_COL_BOARD_CLAIM_ONE_ID, JP_COL_BOARD_CLAIM_ONE_LEASE_NO);
	jp_db_commit(db);
	if (claims->len == before)
		jp_warn("board %" G_GINT64_FORMAT ": another run is visiting it", id);
}

static GArray *
claim_queued(struct crew *crew, guint n)
{
	GArray *claims = claims_new();

	for (; n > 0 && crew->queued < crew->queue->len; n--)
		claim_one(
		    crew, claims, g_array_index(crew->queue, struct claim, crew->queued++).id);
	return claims;
}

/* A board named twice is visited once. */
static gboolean
is_queued(const struct crew *crew, gint64 id)
{
	for (guint i = 0; i < crew->queue->len; i++)
		if (g_array_index(crew->queue, struct claim, i).id == id)
			return TRUE;
	return FALSE;
}

static void
fill_queue(struct crew *crew)
{
	jp_scrape *s = crew->scrape;

	crew->has_queue = s->only || s->dry_run;
	for (guint i = 0; s->only && i < s->only->len; i++) {
		struct claim c = {g_array_index(s->only, gint64, i), 0};

		if (!is_queued(crew, c.id))
			g_array_append_val(crew->queue, c);
	}
	if (s->only || !s->dry_run)
		return;
	if (s->all)
		add_claims(crew->queue,
		    jp_db_query(s->db, JP_SQL_BOARD_PEEK_ANY, JP_ARGS(JP_INT(jp_db_now(s->db)))),
		    JP_COL_BOARD_PEEK_ANY_ID, -1);
	else
		add_claims(crew->queue,
		    jp_db_query(s->db, JP_SQL_BOARD_PEEK_DUE, JP_ARGS(JP_INT(jp_db_now(s->db)))),
		    JP_COL_BOARD_PEEK_DUE_ID, -1);
}

/* Boards that wait for a slow host must not be taken from us. */
static void
renew(struct crew *crew)
{
	jp_db *db = crew->scrape->db;
	gint64 now = jp_db_now(db);
	GHashTableIter iter;
	gpointer key;

	if (crew->scrape->dry_run || now - crew->renewed < LEASE / 3)
		return;
	crew->renewed = now;
	jp_db_begin(db, JP_TX_WRITE);
	g_hash_table_iter_init(&iter, crew->visits);
	while (g_hash_table_iter_next(&iter, &key, NULL)) {
		const jp_visit *v = key;

		/* no row: lost already, which landing will find */
		jp_db_do(db, JP_SQL_BOARD_RENEW,
		    JP_ARGS(JP_INT(v->id), JP_TEXT(jp_worker()), JP_INT(v->lease_no),
			JP_INT(now + LEASE)));
	}
	jp_db_commit(db);
}

/* Boards that are neither home nor given back. */
static guint
count_under_way(const struct crew *crew)
{
	return g_hash_table_size(crew->visits) - crew->ended->len;
}

/* Claims boards until enough are in flight.  Where a host has its fill, the next board may be had
 * when one of it is home, so it is tried again then; not more often than that is worth. */
static void
top_up(struct crew *crew)
{
	guint in_flight = count_under_way(crew);
	const jp_config *conf = crew->scrape->conf;
	/* What our connections are busy with and as much again: the rest is for other runs. */
	guint most = (guint)MIN(conf->scrape.in_flight, 2 * conf->http.max_connections);
	gint64 now_us = jp_monotonic_us();
	g_autoptr(GArray) claims = NULL;

	if (crew->is_topping_up || jp_stopping() || jp_http_needs_contact(crew->scrape->http) ||
	    in_flight > most / 2 || (in_flight > 0 && now_us < crew->claim_after_us))
		return;
	crew->is_topping_up = TRUE;
	claims = crew->has_queue ? claim_queued(crew, most - in_flight)
				 : claim_some(crew, most - in_flight);
	crew->claim_after_us = claims->len < most - in_flight ? now_us + CLAIM_PAUSE_US : 0;
	for (guint i = 0; i < claims->len; i++) {
		const struct claim *c = &g_array_index(claims, struct claim, i);
		jp_visit *v = jp_visit_new(crew->scrape, c->id, c->lease_no);

		if (!v)
			continue;
		v->crew = crew;
		g_hash_table_add(crew->visits, v);
		jp_fetch_begin(v);
	}
	crew->is_topping_up = FALSE;
}

/* Now and then, while the visits wait for the network. */
static void
tick(gpointer data)
{
	struct crew *crew = data;

	renew(crew);
	top_up(crew);
}

/* ---- ends ------------------------------------------------------------------------------- */

static void
leave(jp_visit *v)
{
	struct crew *crew = v->crew;

	g_hash_table_remove(crew->visits, v);
	jp_visit_free(v);
	renew(crew);
	top_up(crew);
}

/* Stores the visits that have ended, in few transactions; FALSE when there are none. */
static gboolean
store_ended(struct crew *crew)
{
	g_autoptr(GPtrArray) ended = NULL;

	if (crew->ended->len == 0)
		return FALSE;
	ended = g_steal_pointer(&crew->ended);
	crew->ended = g_ptr_array_new();
	crew->n_postings = 0;
	crew->n_bytes = 0;
	for (guint i = 0; i < ended->len;)
		i += jp_visit_land((jp_visit *const *)ended->pdata + i, ended->len - i);
	for (guint i = 0; i < ended->len; i++) {
		g_hash_table_remove(crew->visits, ended->pdata[i]);
		jp_visit_free(ended->pdata[i]);
	}
	crew->claim_after_us = 0; /* hosts have room again */
	renew(crew);
	top_up(crew);
	return TRUE;
}

/* Whether what ended must not wait any longer. */
static gboolean
is_urgent(const struct crew *crew)
{
	return crew->ended->len > 0 &&
	    (crew->n_postings >= MANY_POSTINGS || crew->n_bytes >= MANY_BYTES ||
		jp_monotonic_us() - crew->ended_us >= LONGEST_US);
}

void
jp_visit_read(jp_visit *v, jp_reading *reading)
{
	struct crew *crew = v->crew;
	jp_reader *reader = crew->scrape->reader;

	jp_reader_put(reader, reading);
	(void)jp_reader_take(reader, FALSE); /* perhaps nothing has been read */
	while (jp_reader_is_full(reader))
		(void)jp_reader_take(reader, TRUE); /* something will be */
}

/* Nothing arrives: what was read goes on, and what ended is stored if that is enough. */
static gboolean
idle(gpointer data)
{
	struct crew *crew = data;
	jp_reader *reader = crew->scrape->reader;

	if (jp_reader_take(reader, FALSE))
		return TRUE;
	if (2 * crew->ended->len >= count_under_way(crew) || is_urgent(crew))
		return store_ended(crew);
	/* without the network nothing else ends the nap */
	return jp_http_pending(crew->scrape->http) == 0 && jp_reader_take(reader, TRUE);
}

/* Its host was not asked: the board is as due as before, only later. */
void
jp_visit_postpone(jp_visit *v, gint64 ms, const char *why)
{
	jp_visit_put_off(v, ms, why);
	leave(v);
}

void
jp_visit_end(jp_visit *v, gboolean stopped)
{
	struct crew *crew = v->crew;

	if (stopped) {
		jp_visit_release(v);
		leave(v);
		return;
	}
	if (crew->ended->len == 0)
		crew->ended_us = jp_monotonic_us();
	g_ptr_array_add(crew->ended, v);
	crew->n_postings += v->listing->postings->len;
	crew->n_bytes += v->bytes;
	if (is_urgent(crew))
		(void)store_ended(crew); /* there is one */
	else
		top_up(crew);
}

/* ---- the run ---------------------------------------------------------------------------- */

static void
make_all_due(jp_db *db)
{
	jp_db_begin(db, JP_TX_WRITE);
	(void)jp_db_exec(db, JP_SQL_BOARD_ALL_DUE, JP_ARGS(JP_INT(jp_db_now(db))));
	jp_db_commit(db);
}

static void
wake(gpointer data)
{
	jp_http_wake(data);
}

void
jp_scrape_run(jp_scrape *s)
{
	struct crew crew = {
	    .scrape = s,
	    .visits = g_hash_table_new(NULL, NULL),
	    .ended = g_ptr_array_new(),
	    .queue = claims_new(),
	    .renewed = jp_db_now(s->db),
	};
	g_autoptr(jp_gate) gate = NULL;

	if (!s->reader)
		s->reader = jp_reader_new(wake, s->http);
	jp_board_alerts(s); /* what a run that was killed left */
	gate = jp_gate_new(s->db, s->http);
	jp_http_set_tick(s->http, tick, &crew);
	jp_http_set_idle(s->http, idle, &crew);
	if (s->all && !s->only && !s->dry_run)
		make_all_due(s->db);
	fill_queue(&crew);
	top_up(&crew);
	jp_http_run(s->http);
	jp_http_set_tick(s->http, NULL, NULL);
	jp_http_set_idle(s->http, NULL, NULL);
	if (!jp_stopping())
		jp_visit_expire(s);
	jp_board_alerts(s);
	g_hash_table_unref(crew.visits);
	g_ptr_array_unref(crew.ended);
	g_array_unref(crew.queue);
}
