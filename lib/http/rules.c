/*
 * robots.txt of the origins that are asked (RFC 9309): what is known is taken from the store, what
 * is not, or is a day old, is asked for first while the requests wait.  4xx means no rules; 5xx
 * keeps the last good copy, or allows nothing where there is none, for thirty days.
 */
#include <string.h>

#include "http/internal.h"

/* The RFC's bound on a copy's age. */
#define FRESH JP_DAY
/* An origin whose file could not be had is asked for it again after this. */
#define AGAIN JP_HOUR
/* After so long without an answer there are no rules. */
#define ABSENT (30 * JP_DAY)

struct jp_origin {
	char *key; /* scheme://host:port */
	gboolean is_known;
	jp_http_rules rules;
	jp_robots *robots; /* of rules.text; NULL: nothing is allowed */
	jp_transfer *asking;
	GQueue waiting; /* of jp_transfer, owned */
};

struct jp_rules {
	gboolean has_store;
	jp_http_rules_store store;
	GHashTable *origins; /* key -> jp_origin */
	guint n_waiting;
};

static void
origin_free(gpointer p)
{
	struct jp_origin *o = p;

	g_queue_clear_full(&o->waiting, (GDestroyNotify)jp_transfer_free);
	jp_robots_free(o->robots);
	g_free(o->rules.text);
	g_free(o->key);
	g_free(o);
}

jp_rules *
jp_rules_new(void)
{
	jp_rules *r = g_new0(jp_rules, 1);

	r->origins = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, origin_free);
	return r;
}

void
jp_rules_free(jp_rules *r)
{
	if (!r)
		return;
	g_hash_table_unref(r->origins);
	g_free(r);
}

void
jp_rules_set_store(jp_rules *r, const jp_http_rules_store *store)
{
	r->has_store = store != NULL;
	r->store = store ? *store : (jp_http_rules_store){0};
}

guint
jp_rules_n_waiting(const jp_rules *r)
{
	return r->n_waiting;
}

/* ---- what is known --------------------------------------------------------------------------- */

/* Makes the rules of what the store or an answer says. */
static void
digest(struct jp_origin *o, gint64 now)
{
	const jp_http_rules *r = &o->rules;
	gboolean is_absent = r->down_since > 0 && now - r->down_since > ABSENT;

	g_clear_pointer(&o->robots, jp_robots_free);
	if (is_absent)
		o->robots = jp_robots_parse("", 0, JP_AGENT_TOKEN);
	else if (r->text)
		o->robots = jp_robots_parse(r->text, strlen(r->text), JP_AGENT_TOKEN);
}

gboolean
jp_http_rules_is_fresh(const jp_http_rules *r, gint64 now)
{
	gint64 age = now - r->fetched_at;

	return age >= 0 && age < (r->down_since > 0 ? AGAIN : FRESH);
}

static struct jp_origin *
origin_of(jp_rules *r, const jp_transfer *t, gint64 now)
{
	g_autofree char *key =
	    g_strdup_printf("%s://%s:%u", t->is_https ? "https" : "http", t->name, (guint)t->port);
	struct jp_origin *o = g_hash_table_lookup(r->origins, key);

	if (o)
		return o;
	o = g_new0(struct jp_origin, 1);
	o->key = g_steal_pointer(&key);
	g_queue_init(&o->waiting);
	g_hash_table_insert(r->origins, o->key, o);
	o->is_known = r->store.load(o->key, &o->rules, r->store.data);
	digest(o, now);
	return o;
}

/* Path and query of the hop. */
static char *
target_of(const jp_transfer *t)
{
	const char *path = strstr(t->at, "://");
	gsize len;

	path = path ? strpbrk(path + 3, "/?#") : NULL;
	if (!path)
		return g_strdup("/");
	len = strcspn(path, "#");
	return *path == '/' ? g_strndup(path, len) : g_strdup_printf("/%.*s", (int)len, path);
}

/* t may go on, or ends here. */
static gboolean
judge(const struct jp_origin *o, jp_transfer *t)
{
	g_autofree char *target = target_of(t);

	if (!o->robots) {
		jp_transfer_fail(t, JP_HTTP_REFUSED,
		    g_strdup_printf("%s does not say what may be asked: %s", t->name,
			"its robots.txt cannot be had, which is tried again in an hour"));
		return FALSE;
	}
	t->crawl_delay = jp_robots_delay(o->robots);
	if (jp_robots_allows(o->robots, target))
		return TRUE;
	jp_transfer_fail(t, JP_HTTP_FORBIDDEN,
	    g_strdup_printf(
		"robots.txt of %s does not allow it; see scrape.exempt in jobping.yaml(5)",
		t->name));
	return FALSE;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static jp_transfer *
ask(const struct jp_origin *o, const jp_transfer *t, const jp_config *conf)
{
	g_autofree char *url = g_strconcat(o->key, "/robots.txt", NULL);
	gboolean is_first = t->hops == 0;
	const jp_http_request request = {
	    .method = "GET",
	    .url = url,
	    .accept = "text/plain",
	    .host_key = is_first ? t->host_key : NULL,
	    .limits = is_first ? t->limits : (jp_http_limits){0},
	    .is_exempt = TRUE,
	};

	return jp_transfer_new(conf, &request);
}

jp_rules_word
jp_rules_admit(jp_rules *r, jp_transfer *t, jp_transfer **robots, gint64 now)
{
	struct jp_origin *o;

	*robots = NULL;
	if (!r->has_store || t->is_exempt)
		return JP_RULES_GO;
	o = origin_of(r, t, now);
	if (!o->asking && o->is_known && jp_http_rules_is_fresh(&o->rules, now))
		return judge(o, t) ? JP_RULES_GO : JP_RULES_OVER;
	if (!o->asking) {
		*robots = o->asking = ask(o, t, t->conf);
		o->asking->origin = o;
	}
	g_queue_push_tail(&o->waiting, t);
	r->n_waiting++;
	return JP_RULES_WAIT;
}

/* ---- answers --------------------------------------------------------------------------------- */

static void
keep_good(struct jp_origin *o, const char *text, gsize len, gint64 now)
{
	jp_robots *robots = jp_robots_parse(text, len, JP_AGENT_TOKEN);

	g_free(o->rules.text);
	o->rules = (jp_http_rules){.text = jp_robots_write(robots), .fetched_at = now};
	jp_robots_free(robots);
}

/* What the answer means for the origin; FALSE: nothing, it was not asked. */
static gboolean
learn(struct jp_origin *o, const jp_transfer *t, gint64 now)
{
	int status = t->outcome == JP_HTTP_ANSWER ? t->answer.status : 0;

	if (status / 100 == 2) {
		keep_good(o, t->content->str, t->content->len, now);
		return TRUE;
	}
	/* more redirects than anybody follows are no file either */
	if (status / 100 == 4 || status / 100 == 3 ||
	    (t->outcome == JP_HTTP_REFUSED && t->hops > JP_MAX_REDIRECTS)) {
		keep_good(o, "", 0, now);
		return TRUE;
	}
	if (t->outcome != JP_HTTP_ANSWER && t->outcome != JP_HTTP_TIMEOUT &&
	    t->outcome != JP_HTTP_NETWORK)
		return FALSE;
	if (o->rules.down_since == 0)
		o->rules.down_since = now;
	/* a network that is away is soon back; a server that is ill is left alone */
	o->rules.fetched_at = t->outcome == JP_HTTP_ANSWER ? now : 0;
	return TRUE;
}

/* What waits ends as the question for its rules did. */
static void
end_like(jp_transfer *waiting, const jp_transfer *t)
{
	jp_transfer_fail(waiting, t->outcome, g_strdup(t->why ? t->why : "no robots.txt"));
	waiting->retry_after = t->retry_after;
}

void
jp_rules_answered(jp_rules *r, jp_transfer *t, GQueue *go, GQueue *over, gint64 now)
{
	struct jp_origin *o = t->origin;
	gboolean is_answer = learn(o, t, now), may_judge;
	jp_transfer *waiting;

	if (is_answer) {
		digest(o, now);
		o->is_known = TRUE;
		r->store.save(o->key, &o->rules, r->store.data);
	}
	may_judge = t->outcome == JP_HTTP_ANSWER || (is_answer && o->robots);
	o->asking = NULL;
	while ((waiting = g_queue_pop_head(&o->waiting))) {
		r->n_waiting--;
		if (!may_judge)
			end_like(waiting, t);
		g_queue_push_tail(may_judge && judge(o, waiting) ? go : over, waiting);
	}
}

jp_transfer *
jp_rules_take(jp_rules *r)
{
	GHashTableIter i;
	gpointer o;

	g_hash_table_iter_init(&i, r->origins);
	while (r->n_waiting > 0 && g_hash_table_iter_next(&i, NULL, &o)) {
		jp_transfer *t = g_queue_pop_head(&((struct jp_origin *)o)->waiting);

		if (!t)
			continue;
		r->n_waiting--;
		return t;
	}
	return NULL;
}
