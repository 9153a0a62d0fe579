/*
 * Composing: what waits for a subscriber becomes a message row, with what it contains noted as sent
 * in the same transaction, so that no posting goes to anybody twice (promise 2).  Several
 * subscribers are done in one transaction; those for whom nothing is new are only moved to their
 * next hour.
 */
#include "mail/outbox.h"

#include <string.h>

#include "board/board.h"

/* Subscribers in one transaction: it holds the write lock for a fraction of a second. */
#define BATCH 20
/* Subscribers asked for at once: a page costs a walk over all that are due. */
#define PAGE 1000
/* Matches that are looked at for one digest; the best scores come first. */
#define MAX_WAITING 2000

typedef struct composer {
	jp_mail_run *run;
	jp_templates *templates;
	gint64 now;
	GArray *passed; /* subscribers for whom another run composes */
} composer;

/* A waiting match; the item stands first, so that the digest's array points at either. */
typedef struct candidate {
	jp_digest_item item;
	gint64 matched_at;
} candidate;

/* A digest in the making, and everything it borrows. */
typedef struct draft {
	jp_subscriber *to;
	GPtrArray *candidates; /* of candidate *, owned */
	GPtrArray *items;      /* of the same, not owned: what goes in */
	GPtrArray *reasons;    /* of cJSON *, owned */
	GStringChunk *strings;
	guint n_more;
	char *message_id, *token, *manage_token, *subject;
	GBytes *bytes;
} draft;

static void
json_free(gpointer json)
{
	cJSON_Delete(json);
}

static draft *
draft_new(jp_subscriber *to)
{
	draft *d = g_new0(draft, 1);

	d->to = to;
	d->candidates = g_ptr_array_new_with_free_func(g_free);
	d->reasons = g_ptr_array_new_with_free_func(json_free);
	d->strings = g_string_chunk_new(4096);
	return d;
}

static void
draft_free(draft *d)
{
	if (!d)
		return;
	jp_subscriber_free(d->to);
	g_clear_pointer(&d->items, g_ptr_array_unref);
	g_ptr_array_unref(d->candidates);
	g_ptr_array_unref(d->reasons);
	g_string_chunk_free(d->strings);
	g_free(d->message_id);
	g_free(d->token);
	g_free(d->manage_token);
	g_free(d->subject);
	g_clear_pointer(&d->bytes, g_bytes_unref);
	g_free(d);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(draft, draft_free)

/* ---- what goes in ------------------------------------------------------------------------- */

static void
load_candidates(draft *d, jp_db *db, gint64 due)
{
	g_autoptr(jp_rows) r = jp_db_query(
	    db, JP_SQL_MAIL_WAITING, JP_ARGS(JP_INT(d->to->id), JP_INT(due), JP_INT(MAX_WAITING)));

	while (jp_rows_next(r)) {
		candidate *c = g_new0(candidate, 1);

		c->item.match_id = jp_rows_int(r, JP_COL_MAIL_WAITING_MATCH_ID);
		c->item.posting_id = jp_rows_int(r, JP_COL_MAIL_WAITING_POSTING_ID);
		c->item.group_id = jp_rows_int(r, JP_COL_MAIL_WAITING_GROUP_ID);
		c->item.score = (int)jp_rows_int(r, JP_COL_MAIL_WAITING_SCORE);
		c->item.posted_at = jp_rows_int_or(r, JP_COL_MAIL_WAITING_POSTED_AT, 0);
		c->item.first_seen = jp_rows_int(r, JP_COL_MAIL_WAITING_FIRST_SEEN);
		c->matched_at = jp_rows_int(r, JP_COL_MAIL_WAITING_MATCHED_AT);
		g_ptr_array_add(d->candidates, c);
	}
}

/* "60000" -> "60,000"; cents only where there are some. */
static void
append_amount(GString *out, gint64 micros)
{
	char digits[24];
	gint64 whole = micros / 1000000, cents = micros % 1000000 / 10000;
	int n = g_snprintf(digits, sizeof(digits), "%" G_GINT64_FORMAT, whole);

	for (int i = 0; i < n; i++) {
		if (i > 0 && (n - i) % 3 == 0)
			g_string_append_c(out, ',');
		g_string_append_c(out, digits[i]);
	}
	if (cents)
		g_string_append_printf(out, ".%02d", (int)cents);
}

/* What the terms of a service want said beside its jobs; borrowed for ever, or NULL. */
static const char *
credit_of(const char *kind)
{
	const jp_adapter *adapter = jp_adapter_find(kind);

	return adapter ? adapter->credit : NULL;
}

/* "60,000 - 80,000 EUR/year"; NULL when nothing is stated. */
static const char *
salary_text(GStringChunk *strings, const jp_rows *r)
{
	gint64 min = jp_rows_int_or(r, JP_COL_MAIL_ITEM_SALARY_MIN, 0);
	gint64 max = jp_rows_int_or(r, JP_COL_MAIL_ITEM_SALARY_MAX, 0);
	const char *currency = jp_rows_text(r, JP_COL_MAIL_ITEM_SALARY_CURRENCY);
	const char *period = jp_rows_text(r, JP_COL_MAIL_ITEM_SALARY_PERIOD);
	g_autoptr(GString) out = g_string_new(NULL);

	if (!min && !max)
		return NULL;
	if (!min)
		g_string_append(out, "up to ");
	append_amount(out, min ? min : max);
	if (min && max > min) {
		g_string_append(out, "\xe2\x80\x93");
		append_amount(out, max);
	} else if (min && !max) {
		g_string_append_c(out, '+');
	}
	if (currency)
		g_string_append_printf(out, " %s", currency);
	if (period)
		g_string_append_printf(out, "/%s", period);
	return g_string_chunk_insert(strings, out->str);
}

static const char *
keep(draft *d, const char *text)
{
	return text ? g_string_chunk_insert(d->strings, text) : NULL;
}

/* Reads what the digest shows of one item; FALSE when its match is gone, which another run may
 * bring about while we compose. */
static gboolean
load_item(draft *d, jp_db *db, jp_digest_item *item)
{
	g_autoptr(jp_rows) r = jp_db_query(db, JP_SQL_MAIL_ITEM, JP_ARGS(JP_INT(item->match_id)));
	const char *reasons;
	cJSON *json;

	if (!jp_rows_next(r))
		return FALSE;
	item->search = keep(d, jp_rows_text(r, JP_COL_MAIL_ITEM_SEARCH));
	item->title = keep(d, jp_rows_text(r, JP_COL_MAIL_ITEM_TITLE));
	item->company = keep(d, jp_rows_text(r, JP_COL_MAIL_ITEM_COMPANY));
	item->place = keep(d, jp_rows_text(r, JP_COL_MAIL_ITEM_PLACE));
	item->url = keep(d, jp_rows_text(r, JP_COL_MAIL_ITEM_URL));
	item->remote = keep(d, jp_rows_text(r, JP_COL_MAIL_ITEM_REMOTE));
	item->type = keep(d, jp_rows_text(r, JP_COL_MAIL_ITEM_EMPLOYMENT_TYPE));
	item->salary = salary_text(d->strings, r);
	item->credit = credit_of(jp_rows_text(r, JP_COL_MAIL_ITEM_KIND));
	item->description = keep(d, jp_rows_text(r, JP_COL_MAIL_ITEM_DESCRIPTION));
	reasons = jp_rows_text(r, JP_COL_MAIL_ITEM_REASONS);
	json = reasons ? jp_json_parse(reasons, strlen(reasons), NULL) : NULL;
	if (json)
		g_ptr_array_add(d->reasons, json);
	item->reasons = json;
	return TRUE;
}

/* The draft of what somebody would get of searches due by then; an empty one has no items. */
static draft *
draft_load(jp_db *db, const jp_config *conf, jp_subscriber *to, gint64 due)
{
	draft *d = draft_new(to);

	load_candidates(d, db, due);
	d->items = jp_digest_pick(d->candidates, (guint)conf->mail.max_postings, &d->n_more);
	for (guint i = 0; i < d->items->len;)
		if (load_item(d, db, g_ptr_array_index(d->items, i)))
			i++;
		else
			g_ptr_array_remove_index(d->items, i);
	return d;
}

/* ---- the message -------------------------------------------------------------------------- */

/* Chosen once, before the first try (M02); says nothing about the subscriber. */
static char *
make_message_id(const jp_config *conf)
{
	guint8 bytes[16];
	g_autoptr(GString) id = g_string_new(NULL);

	jp_random_bytes(bytes, sizeof(bytes));
	for (gsize i = 0; i < sizeof(bytes); i++)
		g_string_append_printf(id, "%02x", bytes[i]);
	g_string_append_printf(id, "@%s", conf->mail.domain);
	return g_string_free(g_steal_pointer(&id), FALSE);
}

/* Consents are told with the reason for the mail (M13). */
static gint64
asked_at(jp_db *db, gint64 subscriber)
{
	gint64 at;

	return jp_db_get_int(db, JP_SQL_CONSENT_LATEST, JP_ARGS(JP_INT(subscriber)), &at) ? at : 0;
}

static jp_digest
draft_digest(draft *d, jp_db *db, const jp_config *conf, const jp_keys *keys, gint64 now)
{
	d->message_id = make_message_id(conf);
	d->token = jp_token_write(keys, JP_PURPOSE_UNSUBSCRIBE, d->to->id);
	d->manage_token = jp_token_write(keys, JP_PURPOSE_MANAGE, d->to->id);
	return (jp_digest){.to = d->to,
	    .items = d->items,
	    .n_more = d->n_more,
	    .now = now,
	    .asked_at = asked_at(db, d->to->id),
	    .message_id = d->message_id,
	    .token = d->token,
	    .manage_token = d->manage_token};
}

/* Writes the message; what does not fit is taken out of d->items and waits. */
static gboolean
draft_write(draft *d, const composer *c, GError **error)
{
	const jp_config *conf = c->run->conf;
	jp_digest digest = draft_digest(d, c->run->db, conf, c->run->keys, c->now);
	g_autofree char *text = NULL;
	g_autofree char *html = NULL;

	if (!jp_digest_compose(c->templates, conf, &digest, &d->subject, &text, &html, error))
		return FALSE;
	d->bytes = jp_message_write(conf, &digest, d->subject, text, html, error);
	return d->bytes != NULL;
}

/* ---- the transaction ---------------------------------------------------------------------- */

/* When the earliest and the latest match in the digest were found. */
static void
period_of(const draft *d, gint64 *from, gint64 *to)
{
	*from = G_MAXINT64;
	*to = 0;
	for (guint i = 0; i < d->items->len; i++) {
		const candidate *c = g_ptr_array_index(d->items, i);

		*from = MIN(*from, c->matched_at);
		*to = MAX(*to, c->matched_at);
	}
}

static void
store(const composer *c, const draft *d)
{
	jp_db *db = c->run->db;
	gsize len;
	const void *body = g_bytes_get_data(d->bytes, &len);
	gint64 message, from, to;

	period_of(d, &from, &to);
	message = jp_db_insert(db, JP_SQL_MESSAGE_ADD,
	    JP_ARGS(JP_INT(d->to->id), JP_TEXT(d->message_id), JP_TEXT(d->subject),
		JP_BLOB(body, len), JP_INT(d->items->len), JP_INT(from), JP_INT(to),
		JP_INT(c->now)));
	for (guint i = 0; i < d->items->len; i++) {
		const jp_digest_item *item = g_ptr_array_index(d->items, i);

		jp_db_do(db, JP_SQL_SENT_ADD,
		    JP_ARGS(JP_INT(d->to->id), JP_INT(item->group_id), JP_INT(item->posting_id),
			JP_INT(message), JP_INT(c->now)));
		jp_db_do(db, JP_SQL_MATCH_TAKE,
		    JP_ARGS(JP_INT(message), JP_INT(d->to->id), JP_INT(item->group_id),
			JP_INT(item->posting_id)));
	}
}

typedef struct due_search {
	gint64 id, next_at;
	jp_frequency frequency;
} due_search;

static GArray *
load_due(jp_db *db, const jp_subscriber *s, gint64 now)
{
	GArray *due = g_array_new(FALSE, FALSE, sizeof(due_search));
	g_autoptr(jp_rows) r =
	    jp_db_query(db, JP_SQL_MAIL_DUE_SEARCHES, JP_ARGS(JP_INT(s->id), JP_INT(now)));

	while (jp_rows_next(r)) {
		due_search d = {.id = jp_rows_int(r, JP_COL_MAIL_DUE_SEARCHES_ID),
		    .next_at = jp_rows_int(r, JP_COL_MAIL_DUE_SEARCHES_NEXT_AT)};
		const char *word = jp_rows_text(r, JP_COL_MAIL_DUE_SEARCHES_FREQUENCY);

		if (!word || !jp_frequency_from_word(word, &d.frequency) ||
		    d.frequency == JP_FREQUENCY_INHERIT)
			d.frequency = s->frequency;
		g_array_append_val(due, d);
	}
	return due;
}

/* Moves the due searches to their next hour; instant ones stay due, which costs no write. */
static void
advance(jp_db *db, const jp_subscriber *s, const GArray *due, gint64 now)
{
	for (guint i = 0; i < due->len; i++) {
		const due_search *d = &g_array_index(due, due_search, i);

		if (d->frequency == JP_FREQUENCY_INSTANT)
			continue;
		jp_db_do(db, JP_SQL_SEARCH_SET_NEXT,
		    JP_ARGS(JP_INT(d->id),
			JP_INT(jp_schedule_next(
			    d->frequency, s->hour, s->weekday, s->timezone, now))));
	}
}

/* One line for a dry run: what would be composed. */
static void
note_composed(const composer *c, const draft *d)
{
	jp_mail_result r = {.subscriber = d->to->id,
	    .message = JP_NO_INT,
	    .state = "composed",
	    .n_postings = d->items->len};

	if (c->run->on_result)
		c->run->on_result(&r, c->run->data);
}

/* Composes for one subscriber inside the transaction.  A digest that cannot be written is that
 * subscriber's trouble alone: it is told, and tried again at their next hour. */
static void
compose_one(composer *c, gint64 id)
{
	jp_db *db = c->run->db;
	jp_subscriber *s = jp_subscriber_load(db, id);
	g_autoptr(draft) d = NULL;
	g_autoptr(GArray) due = NULL;
	g_autoptr(GError) error = NULL;

	if (!s)
		return;
	if (jp_outbox_refusal(s->status, jp_subscriber_is_suppressed(db, c->run->keys, s->email))) {
		jp_subscriber_free(s);
		return;
	}
	d = draft_load(db, c->run->conf, s, c->now);
	due = load_due(db, s, c->now);
	if (d->items->len > 0 && !draft_write(d, c, &error)) {
		jp_warn("subscriber %" G_GINT64_FORMAT ": no digest: %s", id, error->message);
		c->run->n_failed++;
	} else if (d->items->len > 0 && c->run->dry_run) {
		note_composed(c, d);
	} else if (d->items->len > 0) {
		store(c, d);
	}
	if (!c->run->dry_run)
		advance(db, s, due, c->now);
}

/* A page of subscribers to whom something is due; the last id in *after. */
static GArray *
load_page(composer *c, gint64 *after)
{
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(gint64));
	g_autofree char *only = jp_outbox_only(c->run);
	g_autoptr(jp_rows) r = jp_db_query(c->run->db, JP_SQL_MAIL_DUE,
	    JP_ARGS(JP_INT(c->now), JP_INT(*after), only ? JP_LIST(only) : JP_NULL, JP_INT(PAGE)));

	while (jp_rows_next(r)) {
		*after = jp_rows_int(r, JP_COL_MAIL_DUE_ID);
		g_array_append_val(ids, *after);
	}
	return ids;
}

/* Makes a subscriber ours until the commit.  Who is another run's is passed at first, so that runs
 * share the work, and waited for at the end, so that nobody misses an hour. */
static gboolean
hold(composer *c, gint64 id, gboolean is_last)
{
	jp_db *db = c->run->db;
	gint64 held;

	if (c->run->dry_run)
		return TRUE;
	if (is_last)
		return jp_db_get_int(db, JP_SQL_MAIL_HOLD_WAIT, JP_ARGS(JP_INT(id)), &held);
	if (jp_db_get_int(db, JP_SQL_MAIL_HOLD, JP_ARGS(JP_INT(id)), &held))
		return TRUE;
	g_array_append_val(c->passed, id);
	return FALSE;
}

static void
compose_page(composer *c, const GArray *ids, gboolean is_last)
{
	jp_db *db = c->run->db;

	for (guint i = 0; i < ids->len && !jp_stopping();) {
		/* Whoever waits keeps nobody else waiting. */
		guint end = is_last ? i + 1 : MIN(i + BATCH, ids->len);

		jp_db_begin(db, c->run->dry_run ? JP_TX_READ : JP_TX_WRITE);
		for (; i < end; i++) {
			gint64 id = g_array_index(ids, gint64, i);

			if (hold(c, id, is_last))
				compose_one(c, id);
		}
		jp_db_commit(db);
	}
}

gboolean
jp_compose_all(jp_mail_run *run, gint64 now, GError **error)
{
	g_autoptr(jp_templates) templates = jp_templates_load(run->conf, error);
	g_autoptr(GArray) passed = g_array_new(FALSE, FALSE, sizeof(gint64));
	composer c = {.run = run, .templates = templates, .now = now, .passed = passed};
	gint64 after = 0;

	if (!templates)
		return FALSE;
	while (!jp_stopping()) {
		g_autoptr(GArray) ids = load_page(&c, &after);

		if (ids->len == 0)
			break;
		compose_page(&c, ids, FALSE);
	}
	compose_page(&c, passed, TRUE);
	return TRUE;
}

char *
jp_mail_preview(jp_db *db, const jp_config *conf, const jp_keys *k, gint64 subscriber,
    gboolean html, GError **error)
{
	g_autoptr(jp_templates) templates = jp_templates_load(conf, error);
	jp_subscriber *s = templates ? jp_subscriber_load(db, subscriber) : NULL;
	g_autoptr(draft) d = NULL;
	g_autofree char *subject = NULL;
	char *text = NULL, *rich = NULL;
	jp_digest digest;

	if (!s)
		return NULL;
	/* Whatever is due at any time; a search that is off never is. */
	d = draft_load(db, conf, s, G_MAXINT64 - 1);
	if (d->items->len == 0)
		return NULL;
	digest = draft_digest(d, db, conf, k, jp_now());
	if (!jp_digest_compose(templates, conf, &digest, &subject, &text, &rich, error))
		return NULL;
	g_free(html ? text : rich);
	return html ? rich : text;
}
