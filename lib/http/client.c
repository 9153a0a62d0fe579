/*
 * The one multi loop: what follows an answer, and who is told.
 *
 * Requests wait in pace.c, which knows whose turn it is; those that wait for another try stand in
 * `later`.  Every hop of a redirect and every retry is a start of its own and is paced like any
 * other.
 */
#include <string.h>

#include "http/internal.h"

/* Back-off between tries: from the host's pause (or this, when that is shorter) up to the cap. */
#define BACKOFF_LEAST 100
#define BACKOFF_CAP   (30 * JP_SECOND)
/* How long the loop sleeps at most before it looks whether it should stop. */
#define NAP_MS 500

struct jp_http {
	const jp_config *conf;
	jp_allow *allow;
	jp_limits *limits;
	jp_record *record;
	jp_replay *replay;
	GError *record_error;
	char *agent;
	CURLM *multi;
	jp_pace *pace;
	jp_rules *rules;
	gboolean needs_contact;
	GSequence *later;   /* of jp_transfer, owned, by not_before_us */
	GHashTable *flying; /* set of jp_transfer, owned */
	GQueue over;        /* of jp_transfer, owned: ended, not yet told */
	void (*tick)(gpointer data);
	gpointer tick_data;
	gint64 ticked_us;
	gboolean (*idle)(gpointer data);
	gpointer idle_data;
	GQueue replaying; /* of jp_transfer, owned: to be answered from the folder */
};

/* ---- life ------------------------------------------------------------------------------------ */

/* H01: JobPing/VERSION (+URL-of-operator; contact) */
static char *
user_agent(const jp_config *conf)
{
	const char *url = conf->site.url, *contact = conf->site.contact;
	char *agent;

	if (url && contact)
		agent = g_strdup_printf("JobPing/%s (+%s; %s)", JP_VERSION, url, contact);
	else if (url || contact)
		agent = g_strdup_printf(
		    "JobPing/%s (%s%s)", JP_VERSION, url ? "+" : "", url ? url : contact);
	else
		agent = g_strdup("JobPing/" JP_VERSION);
	for (char *p = agent; *p; p++)
		if ((guchar)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	return agent;
}

static gboolean
open_folders(jp_http *h, const char *record, const char *replay, GError **error)
{
	if (record && replay) {
		g_set_error(error, JP_ERROR, JP_ERROR_USAGE, "either record or replay, not both");
		return FALSE;
	}
	if (record)
		h->record = jp_record_open(record, error);
	if (replay)
		h->replay = jp_replay_open(replay, error);
	return (!record || h->record) && (!replay || h->replay);
}

jp_http *
jp_http_new(const jp_config *conf, const char *record, const char *replay, GError **error)
{
	g_autoptr(jp_http) h = g_new0(jp_http, 1);

	h->conf = conf;
	h->agent = user_agent(conf);
	h->flying = g_hash_table_new(NULL, NULL);
	h->later = g_sequence_new(NULL);
	if (!(h->allow = jp_allow_parse(conf->http.allow, error)) ||
	    !(h->limits = jp_limits_new(conf, error)) || !open_folders(h, record, replay, error))
		return NULL;
	h->pace = jp_pace_new(h->limits, &h->over);
	h->rules = jp_rules_new();
	if (h->replay)
		return g_steal_pointer(&h);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(h->multi = curl_multi_init())) {
		g_set_error(error, JP_ERROR, JP_ERROR_BUG, "libcurl does not start");
		return NULL;
	}
	curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)conf->http.max_connections);
	curl_multi_setopt(
	    h->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)conf->http.max_connections);
	return g_steal_pointer(&h);
}

/* Takes it out of the air. */
static void
land(jp_http *h, jp_transfer *t)
{
	(void)curl_multi_remove_handle(h->multi, t->easy); /* it is there */
	g_hash_table_remove(h->flying, t);
}

void
jp_http_free(jp_http *h)
{
	GHashTableIter i;
	gpointer t;
	GSequenceIter *s;

	if (!h)
		return;
	g_hash_table_iter_init(&i, h->flying);
	while (g_hash_table_iter_next(&i, &t, NULL)) {
		(void)curl_multi_remove_handle(h->multi, ((jp_transfer *)t)->easy);
		jp_transfer_free(t);
	}
	if (h->multi)
		curl_multi_cleanup(h->multi);
	s = g_sequence_get_begin_iter(h->later);
	for (; !g_sequence_iter_is_end(s); s = g_sequence_iter_next(s))
		jp_transfer_free(g_sequence_get(s));
	g_hash_table_unref(h->flying);
	g_sequence_free(h->later);
	g_queue_clear_full(&h->replaying, (GDestroyNotify)jp_transfer_free);
	jp_pace_free(h->pace);
	jp_rules_free(h->rules);
	g_queue_clear_full(&h->over, (GDestroyNotify)jp_transfer_free);
	jp_limits_free(h->limits);
	jp_allow_free(h->allow);
	jp_record_free(h->record);
	jp_replay_free(h->replay);
	g_clear_error(&h->record_error);
	g_free(h->agent);
	g_free(h);
}

const GError *
jp_http_record_error(const jp_http *h)
{
	return h->record_error;
}

guint
jp_http_pending(const jp_http *h)
{
	return jp_pace_n_waiting(h->pace) + jp_rules_n_waiting(h->rules) +
	    g_hash_table_size(h->flying) + h->over.length + h->replaying.length +
	    (guint)g_sequence_get_length(h->later);
}

void
jp_http_set_gate(jp_http *h, const jp_http_gate *gate)
{
	jp_pace_set_gate(h->pace, gate);
}

void
jp_http_set_rules(jp_http *h, const jp_http_rules_store *store)
{
	jp_rules_set_store(h->rules, store);
}

gboolean
jp_http_needs_contact(const jp_http *h)
{
	return h->needs_contact;
}

void
jp_http_set_tick(jp_http *h, void (*tick)(gpointer data), gpointer data)
{
	h->tick = tick;
	h->tick_data = data;
}

void
jp_http_set_idle(jp_http *h, gboolean (*idle)(gpointer data), gpointer data)
{
	h->idle = idle;
	h->idle_data = data;
}

void
jp_http_wake(jp_http *h)
{
	if (h->multi)                              /* what is replayed never naps */
		(void)curl_multi_wakeup(h->multi); /* a nap ends by itself, later */
}

jp_http_limits
jp_http_limits_of(const jp_http *h, const char *host, const jp_http_limits *declared)
{
	return jp_limits_settle(h->limits, host, declared);
}

/* ---- queues ---------------------------------------------------------------------------------- */

static int
by_not_before(gconstpointer a, gconstpointer b, gpointer unused)
{
	const jp_transfer *x = a, *y = b;

	(void)unused;
	return x->not_before_us < y->not_before_us ? -1 : x->not_before_us > y->not_before_us;
}

/* Takes t, at the beginning of a hop: it waits for its turn, or first for its origin's rules. */
static void
put(jp_http *h, jp_transfer *t, gboolean first)
{
	jp_transfer *robots;

	switch (jp_rules_admit(h->rules, t, &robots, jp_now())) {
	case JP_RULES_GO:
		jp_pace_put(h->pace, t, first);
		break;
	case JP_RULES_WAIT:
		if (robots)
			jp_pace_put(h->pace, robots, TRUE);
		break;
	case JP_RULES_OVER:
		g_queue_push_tail(&h->over, t);
		break;
	}
}

void
jp_http_add(jp_http *h, const jp_http_request *request, jp_http_done done, gpointer data)
{
	jp_transfer *t = jp_transfer_new(h->conf, request);

	t->done = done;
	t->data = data;
	t->takes_gzip &= !h->record; /* which has what was meant */
	if (t->outcome != JP_HTTP_ANSWER)
		g_queue_push_tail(&h->over, t);
	else if (h->replay)
		g_queue_push_tail(&h->replaying, t);
	else
		put(h, t, FALSE);
}

/* ---- moving ---------------------------------------------------------------------------------- */

static void
launch(jp_http *h, jp_transfer *t)
{
	CURL *easy = jp_transfer_begin(t, h->allow, h->agent, h->record != NULL);

	if (t->hops == 0)
		t->attempts++;
	g_hash_table_add(h->flying, t);
	if (curl_multi_add_handle(h->multi, easy) != CURLM_OK)
		g_error("libcurl takes no handle"); /* out of memory, as GLib ends it */
}

static guint
room(const jp_http *h)
{
	return (guint)h->conf->http.max_connections - g_hash_table_size(h->flying);
}

/* Those whose time has come wait for their host again. */
static void
wake_later(jp_http *h, gint64 *next)
{
	gint64 now = jp_monotonic_us();
	GSequenceIter *i;

	while (!g_sequence_iter_is_end(i = g_sequence_get_begin_iter(h->later))) {
		jp_transfer *t = g_sequence_get(i);

		*next = MIN(*next, t->not_before_us);
		if (t->not_before_us > now)
			break;
		g_sequence_remove(i);
		put(h, t, TRUE);
	}
}

/* Starts what may start now; gives the ms until the next may, at most a nap. */
static int
launch_due(jp_http *h)
{
	gint64 next = jp_monotonic_us() + NAP_MS * 1000;
	jp_transfer *t;

	wake_later(h, &next);
	jp_pace_leave(h->pace, FALSE, &next);
	jp_pace_ask(h->pace, room(h));
	while (room(h) > 0 && (t = jp_pace_next(h->pace, &next)))
		launch(h, t);
	if (h->over.length > 0)
		return 0;
	return (int)((MAX(next - jp_monotonic_us(), 0) + 999) / 1000);
}

static guint32
dice(void)
{
	guint32 n;

	jp_random_bytes(&n, sizeof(n));
	return n;
}

/* Takes t: tries again later when that is worth it (H06, H07). */
static gboolean
try_again(jp_http *h, jp_transfer *t)
{
	gint64 base = MAX(h->conf->http.min_interval, BACKOFF_LEAST);
	gint64 wait = jp_backoff(t->attempts, base, BACKOFF_CAP, dice());
	int status = t->outcome == JP_HTTP_ANSWER ? t->answer.status : 0;

	wait = MAX(wait, t->retry_after);
	if (status == 429 || status == 503 || t->retry_after > 0)
		jp_pace_rest(h->pace, t->host, wait, t->retry_after > 0);
	if (!t->was_left_over && /* which a line of its own cannot be */
	    (!jp_transfer_may_retry(t) || t->attempts > h->conf->http.retries ||
		t->retry_after > JP_PACE_LONGEST_WAIT))
		return FALSE;
	if (t->hops > 0) { /* from the beginning */
		t->hops = 0;
		t->became_get = FALSE;
		(void)jp_transfer_aim(t, t->url, NULL); /* it was good before */
	}
	t->spent_us = 0;
	t->not_before_us = jp_monotonic_us() + wait * 1000;
	g_sequence_insert_sorted(h->later, t, by_not_before, NULL);
	return TRUE;
}

/* A hop is over: on to the next, another try, or the end. */
static void
hop_done(jp_http *h, jp_transfer *t, CURLcode result)
{
	land(h, t);
	jp_pace_landed(h->pace, t);
	jp_transfer_end(t, result, jp_now());
	if (t->next && t->retry_after > 0)
		jp_pace_rest(h->pace, t->host, t->retry_after, TRUE);
	h->needs_contact |= t->lacks_contact;
	if (t->next && jp_transfer_follow(t))
		put(h, t, TRUE);
	else if (!try_again(h, t))
		g_queue_push_tail(&h->over, t);
}

static gboolean
was_idle(jp_http *h)
{
	return h->idle && h->idle(h->idle_data);
}

static void
turn_loop(jp_http *h)
{
	int wait = launch_due(h), n;
	guint n_flying = g_hash_table_size(h->flying);
	CURLMsg *m;

	(void)curl_multi_perform(h->multi, &n); /* errors of transfers come as messages */
	while ((m = curl_multi_info_read(h->multi, &n))) {
		jp_transfer *t = NULL;

		if (m->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
		hop_done(h, t, m->data.result);
	}
	if (h->over.length > 0 || g_hash_table_size(h->flying) < n_flying)
		wait = 0; /* somebody is to be told, or may start */
	if (wait > 0 && was_idle(h))
		wait = 0;
	(void)curl_multi_poll(h->multi, NULL, 0, wait, &n); /* a signal only ends the nap */
}

/* ---- telling --------------------------------------------------------------------------------- */

static void
keep(jp_http *h, const jp_transfer *t)
{
	if (h->record && !h->record_error && t->outcome == JP_HTTP_ANSWER)
		(void)jp_record_add(h->record, t, &h->record_error); /* asked for at the end */
}

/* The rules of an origin are known: those that waited for them go on. */
static void
tell_waiting(jp_http *h, jp_transfer *t)
{
	GQueue go = G_QUEUE_INIT;
	jp_transfer *waiting;

	jp_rules_answered(h->rules, t, &go, &h->over, jp_now());
	while ((waiting = g_queue_pop_head(&go)))
		jp_pace_put(h->pace, waiting, FALSE);
}

static void
tell(jp_http *h, jp_transfer *t)
{
	gboolean has_answer = t->outcome == JP_HTTP_ANSWER;
	g_autofree char *url = t->at ? jp_transfer_plain(t, t->at) : g_strdup("");
	jp_http_response r = {
	    .outcome = t->outcome,
	    .status = has_answer ? t->answer.status : 0,
	    .url = url,
	    .content_type = has_answer ? t->answer.content_type : NULL,
	    .etag = has_answer ? t->answer.etag : NULL,
	    .last_modified = has_answer ? t->answer.last_modified : NULL,
	    .retry_after = t->retry_after,
	    .body = has_answer ? t->content->str : "",
	    .len = has_answer ? t->content->len : 0,
	    .ms = t->spent_us / 1000,
	    .attempts = t->attempts,
	    .why = t->why,
	    .is_gzip = has_answer && t->is_gzip,
	    .server = t->name,
	    .max_body = (gsize)h->conf->http.max_body,
	    .of = t,
	};

	if (t->origin)
		tell_waiting(h, t);
	else
		keep(h, t);
	if (t->done)
		t->done(&r, t->data);
	jp_transfer_free(t);
}

static void
stop(jp_http *h, jp_transfer *t)
{
	jp_transfer_fail(t, JP_HTTP_STOPPED, g_strdup("asked to stop"));
	g_queue_push_tail(&h->over, t);
}

/* Ends everything that waits or flies. */
static void
stop_all(jp_http *h)
{
	GHashTableIter i;
	GSequenceIter *s;
	gpointer p;
	jp_transfer *t;

	while (g_hash_table_iter_init(&i, h->flying), g_hash_table_iter_next(&i, &p, NULL)) {
		land(h, p);
		jp_pace_landed(h->pace, p);
		stop(h, p);
	}
	while (!g_sequence_iter_is_end(s = g_sequence_get_begin_iter(h->later))) {
		stop(h, g_sequence_get(s));
		g_sequence_remove(s);
	}
	while ((t = jp_pace_take(h->pace)))
		stop(h, t);
	while ((t = jp_rules_take(h->rules)))
		stop(h, t);
	while ((t = g_queue_pop_head(&h->replaying)))
		stop(h, t);
}

static void
tick(jp_http *h)
{
	gint64 now = jp_monotonic_us();

	if (!h->tick || now - h->ticked_us < NAP_MS * 1000)
		return;
	h->ticked_us = now;
	h->tick(h->tick_data);
}

void
jp_http_run(jp_http *h)
{
	jp_transfer *t;
	gint64 unused = 0;

	while (jp_http_pending(h) > 0 || was_idle(h)) {
		if (jp_http_pending(h) == 0)
			continue;
		if (jp_stopping())
			stop_all(h);
		tick(h);
		if ((t = g_queue_pop_head(&h->over))) {
			tell(h, t);
		} else if ((t = g_queue_pop_head(&h->replaying))) {
			jp_replay_answer(h->replay, t, jp_now());
			tell(h, t);
		} else {
			turn_loop(h);
		}
	}
	jp_pace_leave(h->pace, TRUE, &unused);
}
