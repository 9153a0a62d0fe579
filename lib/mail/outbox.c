/*
 * The outbox: messages are claimed by lease, given to the transport outside any transaction, and
 * moved on by what it says (promises 2 and 3).  `sending` is on the disk before the first byte
 * leaves; whatever is in doubt afterwards is found by its expired lease and is held, or sent again
 * under its Message-ID where the transport can tell that it was delivered.
 */
#include "mail/outbox.h"

#include <string.h>

/* Added to twice the time that one message may take. */
#define LEASE_SPARE (60 * JP_SECOND)
/* No message is started in the last part of the lease. */
#define LEASE_MARGIN (20 * JP_SECOND)
#define LOST_BATCH   100

typedef struct outbox {
	jp_mail_run *run;
	jp_transport *transport;
	gint64 lease;
	guint n_claimed; /* in this run */
	GArray *done;    /* of outcome: results not yet written */
} outbox;

/* A claimed message. */
typedef struct claim {
	gint64 id, subscriber, composed_at, lease_no;
	guint attempts, n_postings;
	char *message_id, *from, *to;
	GBytes *body;
	const char *refusal; /* why it is not sent after all; NULL: it is */
} claim;

/* What became of one. */
typedef struct outcome {
	const claim *c;
	jp_transport_outcome what;
	int code;
	char *reply;
	const char *word; /* set when it is written */
} outcome;

static void
claim_free(gpointer data)
{
	claim *c = data;

	g_free(c->message_id);
	g_free(c->from);
	g_free(c->to);
	g_clear_pointer(&c->body, g_bytes_unref);
	g_free(c);
}

static void
outcome_clear(gpointer data)
{
	g_free(((outcome *)data)->reply);
}

/* A JSON array of ids; g_free. */
static char *
id_list(const GArray *ids)
{
	g_autoptr(GString) json = g_string_new("[");

	for (guint i = 0; i < ids->len; i++)
		g_string_append_printf(
		    json, "%s%" G_GINT64_FORMAT, i ? "," : "", g_array_index(ids, gint64, i));
	g_string_append_c(json, ']');
	return g_string_free(g_steal_pointer(&json), FALSE);
}

char *
jp_outbox_only(const jp_mail_run *r)
{
	return r->only ? id_list(r->only) : NULL;
}

/* Counts a result and tells it; after the commit. */
static void
tell(jp_mail_run *run, const jp_mail_result *r)
{
	if (strcmp(r->state, "sent") == 0)
		run->n_sent++;
	else if (strcmp(r->state, "failed") == 0)
		run->n_failed++;
	else if (strcmp(r->state, "held") == 0)
		run->n_held++;
	else if (strcmp(r->state, "retry") == 0)
		run->n_retry++;
	if (run->on_result)
		run->on_result(r, run->data);
}

/* ---- what a killed run left --------------------------------------------------------------- */

typedef struct lost {
	gint64 id, lease_no, subscriber;
	guint n_postings;
	char *message_id;
	const char *state; /* what follows */
} lost;

static void
lost_clear(gpointer data)
{
	g_free(((lost *)data)->message_id);
}

static GArray *
load_lost(jp_mail_run *run, gint64 now)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(lost));
	g_autoptr(jp_rows) r =
	    jp_db_query(run->db, JP_SQL_MESSAGE_LOST, JP_ARGS(JP_INT(now), JP_INT(LOST_BATCH)));

	g_array_set_clear_func(all, lost_clear);
	while (jp_rows_next(r)) {
		const char *transport = jp_rows_text(r, JP_COL_MESSAGE_LOST_TRANSPORT);
		lost l = {.id = jp_rows_int(r, JP_COL_MESSAGE_LOST_ID),
		    .lease_no = jp_rows_int(r, JP_COL_MESSAGE_LOST_LEASE_NO),
		    .subscriber = jp_rows_int_or(r, JP_COL_MESSAGE_LOST_SUBSCRIBER_ID, JP_NO_INT),
		    .n_postings = (guint)jp_rows_int(r, JP_COL_MESSAGE_LOST_N_POSTINGS),
		    .message_id = g_strdup(jp_rows_text(r, JP_COL_MESSAGE_LOST_MESSAGE_ID)),
		    .state = jp_outbox_recover(run->conf, transport)};

		g_array_append_val(all, l);
	}
	return all;
}

/* Moves on a page of messages whose worker is gone; FALSE when there are no more. */
static gboolean
recover_page(jp_mail_run *run)
{
	static const char why[] = "interrupted while it was sent; it may have arrived";
	g_autoptr(GArray) all = NULL;
	gint64 now;

	jp_db_begin(run->db, JP_TX_WRITE);
	now = jp_db_now(run->db);
	all = load_lost(run, now);
	for (guint i = 0; i < all->len; i++) {
		const lost *l = &g_array_index(all, lost, i);

		jp_db_do(run->db, JP_SQL_MESSAGE_RECOVER,
		    JP_ARGS(JP_INT(l->id), JP_INT(l->lease_no), JP_TEXT(l->state), JP_INT(now),
			JP_TEXT(why)));
	}
	jp_db_commit(run->db);
	for (guint i = 0; i < all->len; i++) {
		const lost *l = &g_array_index(all, lost, i);
		const jp_mail_result result = {.message = l->id,
		    .subscriber = l->subscriber,
		    .state = "held",
		    .n_postings = l->n_postings,
		    .message_id = l->message_id,
		    .reply = why};

		if (strcmp(l->state, "held") == 0)
			tell(run, &result);
	}
	return all->len == LOST_BATCH;
}

static void
recover(jp_mail_run *run)
{
	while (recover_page(run))
		;
	if (run->conf->mail.held != JP_HELD_RESEND)
		return;
	jp_db_begin(run->db, JP_TX_WRITE);
	jp_db_do(run->db, JP_SQL_MESSAGE_RESEND_HELD, JP_ARGS(JP_INT(jp_db_now(run->db))));
	jp_db_commit(run->db);
}

/* ---- claiming ----------------------------------------------------------------------------- */

/* Writes the state of a claimed message; FALSE when the lease was lost to another worker. */
static gboolean
finish(outbox *o, const claim *c, const jp_outbox_step *step, gboolean sent, const char *reply)
{
	jp_db *db = o->run->db;
	gint64 now = jp_db_now(db);
	gint64 n = jp_db_exec(db, JP_SQL_MESSAGE_FINISH,
	    JP_ARGS(JP_INT(c->id), JP_TEXT(jp_worker()), JP_INT(c->lease_no), JP_TEXT(step->state),
		JP_INT(step->next_try_at), JP_INT(step->attempts), JP_INT_IF(sent, now),
		JP_TEXT(reply)));

	if (n == 0)
		jp_warn("message %" G_GINT64_FORMAT
			": its lease was over before it was done; another run has it",
		    c->id);
	return n == 1;
}

/* A message that may not be sent (promise 3): what it held may go in a later digest. */
static void
refuse(outbox *o, const claim *c)
{
	jp_db *db = o->run->db;
	const jp_outbox_step step = {"failed", "failed", jp_db_now(db), c->attempts - 1, NULL};

	if (!finish(o, c, &step, FALSE, c->refusal))
		return;
	jp_db_do(db, JP_SQL_MATCH_RELEASE, JP_ARGS(JP_INT(c->id)));
	jp_db_do(db, JP_SQL_SENT_RELEASE, JP_ARGS(JP_INT(c->id)));
	jp_db_do(db, JP_SQL_MESSAGE_EMPTY, JP_ARGS(JP_INT(c->id)));
}

/* Reads a claimed message and decides whether it is sent. */
static claim *
load_claim(outbox *o, gint64 id)
{
	jp_mail_run *run = o->run;
	claim *c = g_new0(claim, 1);
	g_autoptr(jp_rows) r = jp_db_query(run->db, JP_SQL_MESSAGE_CLAIMED, JP_ARGS(JP_INT(id)));
	g_autofree char *status = NULL;
	const void *body;
	gsize len;

	if (!jp_rows_next(r))
		g_error(
		    "message %" G_GINT64_FORMAT " is gone", id); /* claimed in this transaction */
	c->id = id;
	c->message_id = g_strdup(jp_rows_text(r, JP_COL_MESSAGE_CLAIMED_MESSAGE_ID));
	c->n_postings = (guint)jp_rows_int(r, JP_COL_MESSAGE_CLAIMED_N_POSTINGS);
	c->composed_at = jp_rows_int(r, JP_COL_MESSAGE_CLAIMED_COMPOSED_AT);
	c->attempts = (guint)jp_rows_int(r, JP_COL_MESSAGE_CLAIMED_ATTEMPTS);
	c->lease_no = jp_rows_int(r, JP_COL_MESSAGE_CLAIMED_LEASE_NO);
	c->subscriber = jp_rows_int_or(r, JP_COL_MESSAGE_CLAIMED_SUBSCRIBER_ID, JP_NO_INT);
	c->to = g_strdup(jp_rows_text(r, JP_COL_MESSAGE_CLAIMED_EMAIL));
	status = g_strdup(jp_rows_text(r, JP_COL_MESSAGE_CLAIMED_STATUS));
	body = jp_rows_blob(r, JP_COL_MESSAGE_CLAIMED_BODY, &len);
	c->body = body ? g_bytes_new(body, len) : NULL;
	g_clear_pointer(&r, jp_rows_free);
	c->refusal = jp_outbox_refusal(
	    status, c->to && jp_subscriber_is_suppressed(run->db, run->keys, c->to));
	if (!c->refusal && !c->body)
		c->refusal = "its text is gone";
	/* The row was checked when it was made; what goes into an envelope is checked once more. */
	if (!c->refusal && (!c->to || c->to[0] == '-' || !jp_address_check(c->to, NULL)))
		c->refusal = "the address cannot stand in an envelope";
	return c;
}

/* bounce+TOKEN@domain: the token tells which message came back (B01, B03). */
static void
set_sender(outbox *o, claim *c)
{
	g_autofree char *token = jp_token_write(o->run->keys, JP_PURPOSE_BOUNCE, c->id);

	c->from = g_strdup_printf("bounce+%s@%s", token, o->run->conf->mail.domain);
}

static guint
claim_limit(const outbox *o)
{
	gint64 left = o->run->conf->mail.per_run - (gint64)o->n_claimed;

	if (o->run->conf->mail.per_run == 0)
		return o->transport->batch;
	return (guint)CLAMP(left, 0, (gint64)o->transport->batch);
}

static GArray *
claim_ids(outbox *o, guint limit)
{
	jp_db *db = o->run->db;
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autofree char *only = jp_outbox_only(o->run);
	gint64 now = jp_db_now(db);
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_MESSAGE_CLAIM,
	    JP_ARGS(JP_INT(now), JP_TEXT(jp_worker()), JP_INT(now + o->lease),
		JP_TEXT(o->transport->name), only ? JP_LIST(only) : JP_NULL, JP_INT(limit)));

	while (jp_rows_next(r)) {
		gint64 id = jp_rows_int(r, JP_COL_MESSAGE_CLAIM_ID);

		g_array_append_val(ids, id);
	}
	return ids;
}

/* Who the messages are for stays as it is until the commit; a message that is for nobody any more
 * says so when it is loaded. */
static void
hold_subscribers(outbox *o, const GArray *ids)
{
	g_autofree char *list = id_list(ids);
	g_autoptr(jp_rows) r =
	    jp_db_query(o->run->db, JP_SQL_MESSAGE_HOLD_SUBSCRIBERS, JP_ARGS(JP_LIST(list)));

	while (jp_rows_next(r))
		(void)jp_rows_int(r, JP_COL_MESSAGE_HOLD_SUBSCRIBERS_ID);
}

/* Takes a batch in one durable transaction, in which promise 3 is kept.  An array of claim *. */
static GPtrArray *
claim_batch(outbox *o)
{
	GPtrArray *claims = g_ptr_array_new_with_free_func(claim_free);
	guint limit = claim_limit(o);
	g_autoptr(GArray) ids = NULL;

	if (limit == 0)
		return claims;
	jp_db_begin(o->run->db, JP_TX_DURABLE);
	ids = claim_ids(o, limit);
	hold_subscribers(o, ids);
	for (guint i = 0; i < ids->len; i++) {
		claim *c = load_claim(o, g_array_index(ids, gint64, i));

		if (c->refusal)
			refuse(o, c);
		else
			set_sender(o, c);
		g_ptr_array_add(claims, c);
	}
	jp_db_commit(o->run->db);
	o->n_claimed += claims->len;
	return claims;
}

/* ---- results ------------------------------------------------------------------------------ */

/* What a refusal says about the address is kept with the subscriber. */
static void
note_bounce(outbox *o, const outcome *u)
{
	jp_db *db = o->run->db;
	gint64 now = jp_db_now(db);
	jp_bounce bounce = jp_outbox_bounce(u->code, u->reply);

	if (u->code == 0 || bounce == JP_BOUNCE_NONE || u->c->subscriber == JP_NO_INT)
		return;
	jp_db_do(db, JP_SQL_SUBSCRIBER_ADD_BOUNCE,
	    JP_ARGS(JP_INT(u->c->subscriber), JP_INT(bounce != JP_BOUNCE_SOFT),
		JP_INT(bounce == JP_BOUNCE_SOFT), JP_INT(now)));
	if (bounce == JP_BOUNCE_STOP)
		jp_subscriber_stop(db, o->run->keys, u->c->subscriber, "bounced", now);
}

static void
write_outcome(outbox *o, outcome *u)
{
	jp_outbox_step step = jp_outbox_decide(
	    o->run->conf, u->what, u->c->attempts, u->c->composed_at, jp_db_now(o->run->db));
	g_autofree char *reply = jp_outbox_reply(u->reply, u->c->to);

	if (!finish(
		o, u->c, &step, u->what == JP_TRANSPORT_SENT, step.reason ? step.reason : reply))
		return;
	u->word = step.word;
	if (strcmp(step.state, "failed") == 0)
		note_bounce(o, u);
	g_free(u->reply);
	u->reply = g_steal_pointer(&reply);
}

/* Writes the results that are there in one durable transaction, then tells them. */
static void
flush(outbox *o)
{
	if (o->done->len == 0)
		return;
	jp_db_begin(o->run->db, JP_TX_DURABLE);
	for (guint i = 0; i < o->done->len; i++)
		write_outcome(o, &g_array_index(o->done, outcome, i));
	jp_db_commit(o->run->db);
	for (guint i = 0; i < o->done->len; i++) {
		const outcome *u = &g_array_index(o->done, outcome, i);
		jp_mail_result r = {.message = u->c->id,
		    .subscriber = u->c->subscriber,
		    .state = u->word,
		    .n_postings = u->c->n_postings,
		    .message_id = u->c->message_id,
		    .reply = u->reply};

		if (u->word)
			tell(o->run, &r);
	}
	g_array_set_size(o->done, 0);
}

typedef struct delivery {
	outbox *o;
	GPtrArray *claims;
	const jp_transport_item *items;
	const guint *claim_of; /* item -> claim */
} delivery;

/* Where a crash would leave doubt, each result is written at once; elsewhere they wait for their
 * batch. */
static void
on_done(const jp_transport_item *item, const jp_transport_result *result, gpointer data)
{
	delivery *d = data;
	outcome u = {.c = g_ptr_array_index(d->claims, d->claim_of[item - d->items]),
	    .what = result->outcome,
	    .code = result->code,
	    .reply = g_strdup(result->reply)};

	g_array_append_val(d->o->done, u);
	if (!d->o->transport->is_idempotent)
		flush(d->o);
}

/* Gives a claimed batch to the transport and writes what became of it. */
static void
send_batch(outbox *o, GPtrArray *claims)
{
	g_autofree jp_transport_item *items = g_new0(jp_transport_item, claims->len);
	g_autofree guint *claim_of = g_new0(guint, claims->len);
	delivery d = {o, claims, items, claim_of};
	guint n = 0;

	for (guint i = 0; i < claims->len; i++) {
		const claim *c = g_ptr_array_index(claims, i);
		jp_mail_result refused = {.message = c->id,
		    .subscriber = c->subscriber,
		    .state = "failed",
		    .n_postings = c->n_postings,
		    .message_id = c->message_id,
		    .reply = c->refusal};

		if (c->refusal) {
			tell(o->run, &refused);
			continue;
		}
		items[n] = (jp_transport_item){.message = c->id,
		    .message_id = c->message_id,
		    .from = c->from,
		    .to = c->to,
		    .is_recovery = c->attempts > 1};
		items[n].bytes = g_bytes_get_data(c->body, &items[n].len);
		claim_of[n++] = i;
	}
	o->transport->start_until_us =
	    jp_monotonic_us() + (o->lease - o->transport->item_limit - LEASE_MARGIN) * 1000;
	if (n > 0)
		o->transport->send(o->transport, items, n, on_done, &d);
	flush(o);
}

static void
send_all(outbox *o)
{
	while (!jp_stopping() && !o->transport->trouble) {
		g_autoptr(GPtrArray) claims = claim_batch(o);

		if (claims->len == 0)
			return;
		send_batch(o, claims);
	}
}

/* ---- a run -------------------------------------------------------------------------------- */

gboolean
jp_mail_check_config(const jp_config *conf, GError **error)
{
	const char *domain = strrchr(conf->mail.from, '@');
	const char *missing = NULL;

	if (conf->mail.transport != JP_TRANSPORT_SMTP &&
	    conf->mail.transport != JP_TRANSPORT_SENDMAIL)
		return TRUE;
	if (!conf->site.url || !g_str_has_prefix(conf->site.url, "https://"))
		missing = "site.url (https://...), for the links to unsubscribe";
	else if (!conf->site.contact)
		missing = "site.contact, so that people can reach the operator";
	else if (!domain || !strchr(domain, '.') || g_str_has_suffix(domain, ".localdomain"))
		missing = "mail.from with a domain of the internet";
	if (missing)
		g_set_error(error, JP_ERROR, JP_ERROR_CONFIG,
		    "mail goes out only with %s; set it in the configuration", missing);
	return !missing;
}

/* Trouble ends a run with an error unless it had sent something before the server asked for
 * patience (S02): what is left goes with a later run. */
static gboolean
judge_run(outbox *o, GError **error)
{
	GError *trouble = g_steal_pointer(&o->transport->trouble);

	if (!trouble)
		return TRUE;
	if (o->run->n_sent > 0 && o->run->conf->mail.transport == JP_TRANSPORT_SMTP &&
	    trouble->code == JP_ERROR_TEMP) {
		jp_info("%s; the rest is sent by a later run", trouble->message);
		g_error_free(trouble);
		return TRUE;
	}
	g_propagate_error(error, trouble);
	return FALSE;
}

gboolean
jp_mail_run_all(jp_mail_run *run, GError **error)
{
	outbox o = {.run = run};
	gboolean ok;

	if (run->dry_run)
		return jp_compose_all(run, jp_db_now(run->db), error);
	if (!jp_mail_check_config(run->conf, error))
		return FALSE;
	o.transport = jp_transport_open(run->conf, error);
	if (!o.transport)
		return FALSE;
	o.lease = 2 * o.transport->item_limit + LEASE_SPARE;
	o.done = g_array_new(FALSE, FALSE, sizeof(outcome));
	g_array_set_clear_func(o.done, outcome_clear);
	recover(run);
	ok = jp_compose_all(run, jp_db_now(run->db), error);
	if (ok) {
		send_all(&o);
		ok = judge_run(&o, error);
	}
	g_array_unref(o.done);
	jp_transport_free(o.transport);
	return ok;
}
