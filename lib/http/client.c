/*
 * The one multi loop: which request goes next, when, and what follows an answer.
 *
 * Hosts that have a request waiting and a transfer free stand in `ready`, ordered by the time of
 * their next start and then by turn, so that no host with a long queue holds up the others (H08).
 * Requests that wait for another try stand in `later`.  Every hop of a redirect and every retry is
 * a start of its own and is paced like any other.
 */
#include <string.h>

#include "http/internal.h"

/* A Retry-After up to this is waited for inside the run; a longer one ends the request (H06). */
#define LONGEST_WAIT_US (60 * G_USEC_PER_SEC)
/* Back-off between tries: from the host's pause (or this, when that is shorter) up to the cap. */
#define BACKOFF_LEAST 100
#define BACKOFF_CAP   (30 * JP_SECOND)
/* How long the loop sleeps at most before it looks whether it should stop. */
#define NAP_MS 500

struct jp_http_host {
	char *key;
	GQueue waiting; /* of jp_transfer, owned */
	guint n_flying;
	gint64 next_start_us; /* nothing starts before */
	gint64 rest_until_us; /* it asked for a rest (H06) */
	guint64 turn;
	GSequenceIter *place; /* in ready; NULL: not there */
};

struct jp_http {
	const jp_config *conf;
	jp_allow *allow;
	jp_record *record;
	jp_replay *replay;
	GError *record_error;
	char *agent;
	CURLM *multi;
	GHashTable *hosts;  /* key -> jp_http_host */
	GSequence *ready;   /* of jp_http_host */
	GSequence *later;   /* of jp_transfer, owned, by not_before_us */
	GHashTable *flying; /* set of jp_transfer, owned */
	GQueue over;        /* of jp_transfer, owned: ended, not yet told */
	GQueue replaying;   /* of jp_transfer, owned: to be answered from the folder */
	guint n_waiting;
	guint64 turn;
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

static void
host_free(gpointer p)
{
	jp_http_host *host = p;

	g_queue_clear_full(&host->waiting, (GDestroyNotify)jp_transfer_free);
	g_free(host->key);
	g_free(host);
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
	h->hosts = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, host_free);
	h->flying = g_hash_table_new(NULL, NULL);
	h->ready = g_sequence_new(NULL);
	h->later = g_sequence_new(NULL);
	if (!(h->allow = jp_allow_parse(conf->http.allow, error)) ||
	    !open_folders(h, record, replay, error))
		return NULL;
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
	t->host->n_flying--;
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
	g_sequence_free(h->ready);
	g_sequence_free(h->later);
	g_queue_clear_full(&h->replaying, (GDestroyNotify)jp_transfer_free);
	g_hash_table_unref(h->hosts);
	g_queue_clear_full(&h->over, (GDestroyNotify)jp_transfer_free);
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
	return h->n_waiting + g_hash_table_size(h->flying) + h->over.length + h->replaying.length +
	    (guint)g_sequence_get_length(h->later);
}

/* ---- queues ---------------------------------------------------------------------------------- */

static int
by_start(gconstpointer a, gconstpointer b, gpointer unused)
{
	const jp_http_host *x = a, *y = b;

	(void)unused;
	if (x->next_start_us != y->next_start_us)
		return x->next_start_us < y->next_start_us ? -1 : 1;
	return x->turn < y->turn ? -1 : x->turn > y->turn;
}

static int
by_not_before(gconstpointer a, gconstpointer b, gpointer unused)
{
	const jp_transfer *x = a, *y = b;

	(void)unused;
	return x->not_before_us < y->not_before_us ? -1 : x->not_before_us > y->not_before_us;
}

/* Puts the host where it belongs after its queue, its transfers or its time changed. */
static void
place_host(jp_http *h, jp_http_host *host)
{
	if (host->place)
		g_sequence_remove(host->place);
	host->place = NULL;
	if (!g_queue_is_empty(&host->waiting) && host->n_flying < (guint)h->conf->http.per_host)
		host->place = g_sequence_insert_sorted(h->ready, host, by_start, NULL);
}

static jp_http_host *
host_of(jp_http *h, const jp_transfer *t)
{
	g_autofree char *key =
	    g_ascii_strdown(t->host_key && t->hops == 0 ? t->host_key : t->name, -1);
	jp_http_host *host = g_hash_table_lookup(h->hosts, key);

	if (host)
		return host;
	host = g_new0(jp_http_host, 1);
	host->key = g_steal_pointer(&key);
	host->turn = h->turn++;
	g_queue_init(&host->waiting);
	g_hash_table_insert(h->hosts, host->key, host);
	return host;
}

/* The host asked for a longer rest than a run should wait. */
static gboolean
is_resting(const jp_http_host *host)
{
	return host->rest_until_us - jp_monotonic_us() > LONGEST_WAIT_US;
}

static void
refuse_resting(jp_http *h, jp_transfer *t)
{
	gint64 rest = (t->host->rest_until_us - jp_monotonic_us()) / 1000;

	jp_transfer_fail(t, JP_HTTP_REFUSED,
	    g_strdup_printf("%s asked not to be visited for %" G_GINT64_FORMAT " s", t->host->key,
		rest / JP_SECOND));
	t->retry_after = rest;
	g_queue_push_tail(&h->over, t);
}

/* Takes t.  What was begun (a retry, a redirect) goes before what was not. */
static void
enqueue(jp_http *h, jp_transfer *t, gboolean first)
{
	t->host = host_of(h, t);
	if (is_resting(t->host)) {
		refuse_resting(h, t);
		return;
	}
	if (first)
		g_queue_push_head(&t->host->waiting, t);
	else
		g_queue_push_tail(&t->host->waiting, t);
	h->n_waiting++;
	place_host(h, t->host);
}

void
jp_http_add(jp_http *h, const jp_http_request *request, jp_http_done done, gpointer data)
{
	jp_transfer *t = jp_transfer_new(h->conf, request);

	t->done = done;
	t->data = data;
	if (t->outcome != JP_HTTP_ANSWER)
		g_queue_push_tail(&h->over, t);
	else if (h->replay)
		g_queue_push_tail(&h->replaying, t);
	else
		enqueue(h, t, FALSE);
}

/* Keeps the host's requests back until then; a long rest ends those that wait. */
static void
rest_host(jp_http *h, jp_http_host *host, gint64 until_us)
{
	jp_transfer *t;

	host->rest_until_us = MAX(host->rest_until_us, until_us);
	host->next_start_us = MAX(host->next_start_us, until_us);
	if (is_resting(host))
		while ((t = g_queue_pop_head(&host->waiting))) {
			h->n_waiting--;
			refuse_resting(h, t);
		}
	place_host(h, host);
}

/* ---- moving ---------------------------------------------------------------------------------- */

static void
launch(jp_http *h, jp_http_host *host, gint64 now_us)
{
	jp_transfer *t = g_queue_pop_head(&host->waiting);
	CURL *easy = jp_transfer_begin(t, h->allow, h->agent, h->record != NULL);

	h->n_waiting--;
	if (t->hops == 0)
		t->attempts++;
	host->n_flying++;
	host->next_start_us = now_us + h->conf->http.min_interval * 1000;
	host->turn = h->turn++;
	g_hash_table_add(h->flying, t);
	if (curl_multi_add_handle(h->multi, easy) != CURLM_OK)
		g_error("libcurl takes no handle"); /* out of memory, as GLib ends it */
	place_host(h, host);
}

/* Starts what may start now; gives the ms until the next may, at most a nap. */
static int
launch_due(jp_http *h)
{
	gint64 now = jp_monotonic_us(), next = now + NAP_MS * 1000;
	GSequenceIter *i;

	while (!g_sequence_iter_is_end(i = g_sequence_get_begin_iter(h->later))) {
		jp_transfer *t = g_sequence_get(i);

		next = MIN(next, t->not_before_us);
		if (t->not_before_us > now)
			break;
		g_sequence_remove(i);
		enqueue(h, t, TRUE);
	}
	while (!g_sequence_iter_is_end(i = g_sequence_get_begin_iter(h->ready)) &&
	    g_hash_table_size(h->flying) < (guint)h->conf->http.max_connections) {
		jp_http_host *host = g_sequence_get(i);

		next = MIN(next, host->next_start_us);
		if (host->next_start_us > now)
			break;
		launch(h, host, now);
	}
	return (int)((MAX(next - now, 0) + 999) / 1000);
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
	gint64 until = jp_monotonic_us() + MAX(wait, t->retry_after) * 1000;

	if (status == 429 || status == 503 || t->retry_after > 0)
		rest_host(h, t->host, until);
	if (!jp_transfer_may_retry(t) || t->attempts > h->conf->http.retries ||
	    t->retry_after * 1000 > LONGEST_WAIT_US)
		return FALSE;
	if (t->hops > 0) { /* from the beginning */
		t->hops = 0;
		t->became_get = FALSE;
		(void)jp_transfer_aim(t, t->url, NULL); /* it was good before */
	}
	t->spent_us = 0;
	t->not_before_us = until;
	g_sequence_insert_sorted(h->later, t, by_not_before, NULL);
	return TRUE;
}

/* A hop is over: on to the next, another try, or the end. */
static void
hop_done(jp_http *h, jp_transfer *t, CURLcode result)
{
	jp_http_host *host = t->host;

	land(h, t);
	jp_transfer_end(t, result, jp_now());
	if (t->next && t->retry_after > 0)
		rest_host(h, host, jp_monotonic_us() + t->retry_after * 1000);
	if (t->next && jp_transfer_follow(t))
		enqueue(h, t, TRUE);
	else if (!try_again(h, t))
		g_queue_push_tail(&h->over, t);
	place_host(h, host);
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
	(void)curl_multi_poll(h->multi, NULL, 0, wait, &n); /* a signal only ends the nap */
}

/* ---- telling --------------------------------------------------------------------------------- */

static void
keep(jp_http *h, const jp_transfer *t)
{
	if (h->record && !h->record_error && t->outcome == JP_HTTP_ANSWER)
		(void)jp_record_add(h->record, t, &h->record_error); /* asked for at the end */
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
	};

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
		stop(h, p);
	}
	while (!g_sequence_iter_is_end(s = g_sequence_get_begin_iter(h->later))) {
		stop(h, g_sequence_get(s));
		g_sequence_remove(s);
	}
	g_hash_table_iter_init(&i, h->hosts);
	while (g_hash_table_iter_next(&i, NULL, &p)) {
		while ((t = g_queue_pop_head(&((jp_http_host *)p)->waiting)))
			stop(h, t);
		place_host(h, p);
	}
	h->n_waiting = 0;
	while ((t = g_queue_pop_head(&h->replaying)))
		stop(h, t);
}

void
jp_http_run(jp_http *h)
{
	jp_transfer *t;

	while (jp_http_pending(h) > 0) {
		if (jp_stopping())
			stop_all(h);
		if ((t = g_queue_pop_head(&h->over))) {
			tell(h, t);
		} else if ((t = g_queue_pop_head(&h->replaying))) {
			jp_replay_answer(h->replay, t, jp_now());
			tell(h, t);
		} else {
			turn_loop(h);
		}
	}
}
