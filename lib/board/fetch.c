/*
 * One board brought home: its listing page by page, then, where the listing has no descriptions,
 * the details of what is new or changed (R9), one after the other.  Here stands what each answer
 * means for the visit: R1 (every page), R3 (details never shorten a listing), R4 (gone, refused, no
 * answer).  Nothing here writes.
 */
#include "board/internal.h"

#include <string.h>

/* Details in a row that did not come, after which the rest is left for the next visit. */
#define MAX_REFUSED 3

/* An answer with a body, which the reader reads. */
struct answer {
	jp_reading reading;
	jp_visit *v;
	jp_http_response *r; /* owned */
	/* what it says */
	gboolean is_same, is_read, more;
	guint n_before; /* postings of the listing before it */
	GError *error;  /* why it is not read */
};

static void on_page(const jp_http_response *r, gpointer data);
static void on_detail(const jp_http_response *r, gpointer data);
static void page_answered(jp_visit *v, const jp_http_response *r);

/* ---- asking ----------------------------------------------------------------------------- */

static jp_board_ref
ref_of(const jp_visit *v)
{
	const jp_config *conf = v->scrape->conf;

	return (jp_board_ref){
	    .token = v->token,
	    .company = v->company,
	    .region = v->region,
	    .base_url = jp_board_base(conf, v->adapter->kind, v->region),
	    .cursor = v->listing->cursor,
	    .key = jp_board_key(conf, v->adapter->kind),
	};
}

/* Validators go only with the bytes they belong to: the first page of a listing that stands in the
 * database as it was read, from the region it was read from. */
static gboolean
may_send_validators(const jp_visit *v)
{
	return v->has_hash && v->page == 0 && !v->region_tried;
}

void
jp_fetch_ask(jp_http *http, const jp_config *conf, const jp_adapter *adapter, const char *region,
    jp_page_request *page, const char *etag, const char *last_modified, gboolean takes_gzip,
    jp_http_done done, gpointer data)
{
	jp_http_request request = {
	    .method = page->method ? page->method : "GET",
	    .url = page->url,
	    .accept = adapter->accept,
	    .accept_language = adapter->language,
	    .content_type = page->content_type,
	    .body = page->body,
	    .headers = (const char *const *)page->headers,
	    .secret = page->secret,
	    .etag = etag,
	    .last_modified = last_modified,
	    .timeout = adapter->timeout,
	    .takes_gzip = takes_gzip,
	};

	jp_board_pace(conf, adapter, region, &request);
	jp_http_add(http, &request, done, data);
	jp_page_request_clear(page);
}

/* Takes what page holds. */
static void
ask(jp_visit *v, jp_page_request *page, gboolean conditional, jp_http_done done)
{
	g_free(v->asked);
	v->asked = g_strdup(page->url);
	jp_fetch_ask(v->scrape->http, v->scrape->conf, v->adapter, v->region, page,
	    conditional ? v->etag : NULL, conditional ? v->last_modified : NULL, done == on_page,
	    done, v);
}

static void
ask_page(jp_visit *v)
{
	const jp_board_ref ref = ref_of(v);
	jp_page_request page = {0};

	v->adapter->request(&ref, v->page, &page);
	ask(v, &page, may_send_validators(v), on_page);
}

static void
fail(jp_visit *v, jp_visit_status status, const char *why)
{
	v->status = status;
	g_free(v->why);
	v->why = g_strdup(why);
	if (g_strcmp0(v->region, v->first_region) != 0) {
		g_free(v->region);
		v->region = g_strdup(v->first_region);
	}
	jp_visit_end(v, FALSE);
}

void
jp_fetch_begin(jp_visit *v)
{
	const char *kind = v->adapter->kind;
	g_autofree char *why = NULL;

	if (!v->adapter->needs_key || jp_board_key(v->scrape->conf, kind)) {
		ask_page(v);
		return;
	}
	why =
	    g_strdup_printf("%s gives answers to a key only; name it in keys.%s_file", kind, kind);
	fail(v, JP_VISIT_ERROR, why);
}

/* ---- reading ---------------------------------------------------------------------------- */

static void
answer_free(struct answer *a)
{
	jp_http_response_free(a->r);
	g_clear_error(&a->error);
	g_free(a);
}

/* Hands the visit and its answer to the reader, in whose thread `read` runs; `done` goes on. */
static void
have_read(jp_visit *v, const jp_http_response *r, void (*read)(jp_reading *reading),
    void (*done)(jp_reading *reading))
{
	struct answer *a = g_new0(struct answer, 1);
	gsize size = r->is_gzip ? jp_inflate_says(r->body, r->len, r->max_body) : r->len;

	a->reading = (jp_reading){.read = read, .done = done, .size = size};
	a->v = v;
	a->r = jp_http_response_keep(r);
	jp_visit_read(v, &a->reading);
}

/* ---- details ---------------------------------------------------------------------------- */

/* The items from next_item on stay as they are in the database, or wait for another visit. */
static void
put_off(jp_visit *v, const char *why)
{
	GPtrArray *items = v->listing->items;

	for (guint i = v->next_item; i < items->len; i++) {
		const jp_item *item = g_ptr_array_index(items, i);

		if (item->posting)
			g_ptr_array_add(v->listing->unread, g_strdup(item->posting->external_id));
		v->listing->n_waiting += !item->is_reread;
	}
	v->next_item = items->len;
	if (!v->detail_why)
		v->detail_why = g_strdup(why);
}

static void
end_details(jp_visit *v)
{
	if (v->listing->n_waiting > 0) {
		g_autofree char *why = g_steal_pointer(&v->detail_why);

		v->detail_why = g_strdup_printf("%u of %u postings wait for the next visit: %s",
		    v->listing->n_waiting, g_hash_table_size(v->listing->ids), why);
	}
	jp_visit_end(v, FALSE);
}

static void
ask_detail(jp_visit *v)
{
	const jp_board_ref ref = ref_of(v);
	GPtrArray *items = v->listing->items;
	gint64 max = v->scrape->conf->scrape.details;
	jp_page_request page = {0};

	if (v->next_item < items->len && v->n_details >= max) {
		g_autofree char *why =
		    g_strdup_printf("scrape.details allows %" G_GINT64_FORMAT " in one visit", max);

		put_off(v, why);
	}
	if (v->next_item == items->len) {
		end_details(v);
		return;
	}
	v->n_details++;
	v->adapter->detail(&ref, g_ptr_array_index(items, v->next_item), &page);
	ask(v, &page, FALSE, on_detail);
}

/* This item waits, and after several in a row, or a refusal, all the others too. */
static void
miss_detail(jp_visit *v, const jp_item *item, const char *why, gboolean is_refusal)
{
	jp_listing *l = v->listing;

	if (is_refusal || ++v->n_refused >= MAX_REFUSED) {
		put_off(v, why);
		return;
	}
	jp_info("%s (%s): %s: its details: %s", v->token, v->adapter->kind, item->where, why);
	g_ptr_array_add(l->unread, g_strdup(item->posting->external_id));
	l->n_waiting += !item->is_reread;
	v->next_item++;
	if (!v->detail_why)
		v->detail_why = g_strdup(why);
}

/* The listing still has it, but nobody can open it: it is not asked for again until the listing
 * changes. */
static void
drop_detail(jp_visit *v, const jp_item *item, const char *why)
{
	jp_listing_unread(
	    v->listing, item->posting->external_id, "%s: its details: %s", item->where, why);
	jp_details_unhad(v, item);
	v->next_item++;
}

/* What the address names is no posting: a page about a job fair, a job that is over.  It is looked
 * at again when the listing changes. */
static void
pass_over(jp_visit *v, const jp_item *item, const char *why)
{
	jp_info("%s (%s): %s: %s", v->token, v->adapter->kind, item->where, why);
	jp_details_unhad(v, item);
	g_ptr_array_add(v->listing->unread, g_strdup(item->posting->external_id));
	v->n_refused = 0;
	v->next_item++;
}

static jp_item *
item_in_hand(const jp_visit *v)
{
	return g_ptr_array_index(v->listing->items, v->next_item);
}

/* In the reader's thread. */
static void
read_detail(jp_reading *reading)
{
	struct answer *a = (struct answer *)reading;
	jp_visit *v = a->v;
	const jp_board_ref ref = ref_of(v);
	jp_item *item = item_in_hand(v);

	v->bytes += (gint64)a->r->len;
	a->is_read = v->adapter->parse_detail(
	    item->posting, &ref, a->r->body, a->r->len, jp_now(), &a->error);
	if (a->is_read)
		jp_listing_item_done(v->listing, item, v->company);
}

/* What came was no detail. */
static void
unread_detail(struct answer *a)
{
	jp_visit *v = a->v;
	const jp_http_response *r = a->r;
	jp_item *item = item_in_hand(v);
	g_autofree char *refusal = jp_outcome_refusal(v->asked, r);

	if (refusal)
		miss_detail(v, item, refusal, TRUE);
	else if (g_error_matches(a->error, JP_ERROR, (int)JP_ERROR_UNAVAILABLE))
		pass_over(v, item, a->error->message);
	else
		miss_detail(v, item, a->error->message,
		    jp_outcome_unreadable(r->body, r->len) == JP_VISIT_BLOCKED);
}

static void
detail_read(jp_reading *reading)
{
	struct answer *a = (struct answer *)reading;
	jp_visit *v = a->v;

	if (a->is_read) {
		v->n_refused = 0;
		v->next_item++;
	} else
		unread_detail(a);
	answer_free(a);
	ask_detail(v);
}

static void
on_detail(const jp_http_response *r, gpointer data)
{
	jp_visit *v = data;
	jp_item *item = item_in_hand(v);

	if (r->outcome == JP_HTTP_STOPPED) { /* what came is kept */
		put_off(v, r->why);
		end_details(v);
		return;
	}
	v->ms += r->ms;
	v->n_requests += r->attempts;
	v->retry_after = MAX(v->retry_after, r->retry_after);
	switch (jp_outcome_answer(r)) {
	case JP_ANSWER_BODY:
		have_read(v, r, read_detail, detail_read);
		return;
	case JP_ANSWER_GONE:
		drop_detail(v, item, r->why);
		break;
	case JP_ANSWER_BLOCKED:
		miss_detail(v, item, r->why, TRUE);
		break;
	case JP_ANSWER_LATER:
		miss_detail(v, item, r->why, TRUE);
		break;
	case JP_ANSWER_SAME:
		miss_detail(v, item, "HTTP 304 to a question without conditions", FALSE);
		break;
	case JP_ANSWER_NONE:
		miss_detail(v, item, r->why, r->outcome == JP_HTTP_REFUSED);
		break;
	}
	ask_detail(v);
}

/* ---- pages ------------------------------------------------------------------------------ */

/* The listing is as whole as it gets. */
static void
listing_read(jp_visit *v)
{
	if (v->adapter->detail && v->listing->items->len > v->next_item) {
		jp_details_choose(v);
		ask_detail(v);
	} else
		end_details(v);
}

static void
page_failed(jp_visit *v, jp_visit_status status, const char *why)
{
	if (v->page == 0) {
		fail(v, status, why);
		return;
	}
	/* the pages that came are kept, the listing is not whole (R1) */
	jp_listing_partial(v->listing, "page %u: %s", v->page + 1, why);
	if (status == JP_VISIT_BLOCKED && v->listing->items->len > 0) {
		jp_details_choose(v);
		put_off(v, why); /* a service that refuses pages is not asked for details */
	}
	listing_read(v);
}

/* A service with several regions is asked in the other one, once. */
static gboolean
try_other_region(jp_visit *v)
{
	const char *next = v->adapter->next_region ? v->adapter->next_region(v->region) : NULL;

	if (!next || v->region_tried || v->page > 0)
		return FALSE;
	v->region_tried = TRUE;
	g_free(v->region);
	v->region = *next ? g_strdup(next) : NULL;
	ask_page(v);
	return TRUE;
}

/* Adds a page to the hash of those before it.  Nobody gains by two listings that hash alike: a
 * board can only hide its own postings. */
static void
add_to_hash(jp_visit *v, const jp_http_response *r)
{
	guint64 both[4] = {v->sum[0], v->sum[1]};

	jp_hash128(r->body, r->len, both + 2);
	for (guint i = 0; i < G_N_ELEMENTS(both); i++)
		both[i] = GUINT64_TO_LE(both[i]);
	jp_hash128(both, sizeof both, v->sum);
}

static void
keep_validators(jp_visit *v, const jp_http_response *r)
{
	const guint64 sum[2] = {GUINT64_TO_LE(v->sum[0]), GUINT64_TO_LE(v->sum[1])};

	memcpy(v->new_hash, sum, sizeof sum);
	v->new_hash[sizeof sum] = (guint8)JP_POSTING_HASH_VERSION;
	/* those of a first page say nothing of the others */
	g_clear_pointer(&v->new_etag, g_free);
	g_clear_pointer(&v->new_last_modified, g_free);
	if (v->page == 0) {
		v->new_etag = g_strdup(r->etag);
		v->new_last_modified = g_strdup(r->last_modified);
	}
}

/* A service that led us to another host is asked there from now on. */
static void
adopt_region(jp_visit *v, const jp_board_ref *ref, const char *url)
{
	const jp_adapter *a = v->adapter;
	char *region = a->region_of && v->page == 0 ? a->region_of(ref, url) : NULL;

	if (!region)
		return;
	g_free(v->region);
	v->region = region;
}

/* Blocked is not empty: a page without postings that turns out to be for browsers, for those who
 * log in, or a server's word that something is wrong.  Ends the page then. */
static gboolean
is_refused_empty(jp_visit *v, const jp_http_response *r)
{
	g_autofree char *refusal = NULL, *page = NULL, *why = NULL;

	if (g_hash_table_size(v->listing->ids) > 0)
		return FALSE;
	refusal = jp_outcome_refusal(v->asked, r);
	if (refusal) {
		page_failed(v, JP_VISIT_BLOCKED, refusal);
		return TRUE;
	}
	page = jp_outcome_error_page(r->body, r->len);
	if (!page)
		return FALSE;
	why = g_strdup_printf("HTTP %d with %s", r->status, page);
	page_failed(v, JP_VISIT_ERROR, why);
	return TRUE;
}

/* An answer that is no body, whatever its status: it may be a refusal all the same. */
static void
no_answer(jp_visit *v, const jp_http_response *r, jp_visit_status status)
{
	g_autofree char *refusal = jp_outcome_refusal(v->asked, r);

	page_failed(v, refusal ? JP_VISIT_BLOCKED : status, refusal ? refusal : r->why);
}

static void
read_body(struct answer *a)
{
	jp_visit *v = a->v;
	const jp_http_response *r = a->r;
	const jp_board_ref ref = ref_of(v);

	if (r->outcome != JP_HTTP_ANSWER)
		return; /* a gzip that is none */
	v->bytes += (gint64)r->len;
	a->n_before = v->listing->postings->len;
	add_to_hash(v, r);
	keep_validators(v, r);
	/* the hash is of all pages so far: equal means that the stored listing ended here */
	a->is_same = v->has_hash && memcmp(v->hash, v->new_hash, JP_VISIT_HASH_LEN) == 0;
	if (!a->is_same)
		a->is_read = v->adapter->parse(
		    v->listing, &ref, r->body, r->len, v->page, jp_now(), &a->more, &a->error);
}

/* In the reader's thread.  What is more than it says is read when there is nothing else in hand:
 * the reader's bound is by what it says. */
static void
read_page(jp_reading *reading)
{
	struct answer *a = (struct answer *)reading;

	if (jp_http_response_inflate(a->r, reading->size))
		read_body(a);
}

static void
end_same(jp_visit *v)
{
	jp_listing_free(v->listing); /* the pages before this one */
	v->listing = jp_listing_new();
	v->status = JP_VISIT_UNCHANGED;
	jp_visit_end(v, FALSE);
}

/* On to the next page, the details or the end. */
static void
go_on(jp_visit *v, gboolean more)
{
	if (more && v->page + 1 < JP_MAX_PAGES) {
		v->page++;
		ask_page(v);
		return;
	}
	if (more)
		jp_listing_partial(v->listing, "more than %d pages", JP_MAX_PAGES);
	listing_read(v);
}

static void
page_read(jp_reading *reading)
{
	struct answer *a = (struct answer *)reading;
	jp_visit *v = a->v;
	const jp_board_ref ref = ref_of(v);

	if (a->r->is_gzip) {
		(void)jp_http_response_inflate(a->r, G_MAXSIZE); /* no larger one */
		read_body(a);
	}
	if (a->r->outcome != JP_HTTP_ANSWER)
		page_answered(v, a->r);
	else if (a->is_same)
		end_same(v);
	else if (!a->is_read) {
		g_autofree char *why = jp_outcome_unread_why(v->asked, a->r, a->error->message);

		page_failed(v, jp_outcome_unreadable(a->r->body, a->r->len), why);
	} else if (!is_refused_empty(v, a->r)) {
		adopt_region(v, &ref, a->r->url);
		if (a->more && v->adapter->newest_first && !jp_details_has_new(v, a->n_before))
			a->more = FALSE;
		go_on(v, a->more);
	}
	answer_free(a);
}

static void
page_answered(jp_visit *v, const jp_http_response *r)
{
	v->http_status = r->status;
	v->retry_after = r->retry_after;
	switch (jp_outcome_answer(r)) {
	case JP_ANSWER_BODY:
		have_read(v, r, read_page, page_read);
		return;
	case JP_ANSWER_SAME:
		if (!may_send_validators(v)) {
			page_failed(v, JP_VISIT_ERROR, "HTTP 304 to a question without conditions");
			return;
		}
		v->status = JP_VISIT_UNCHANGED;
		jp_visit_end(v, FALSE);
		return;
	case JP_ANSWER_GONE:
		if (!try_other_region(v))
			page_failed(v, JP_VISIT_GONE, r->why);
		return;
	case JP_ANSWER_BLOCKED:
		no_answer(v, r, JP_VISIT_BLOCKED);
		return;
	case JP_ANSWER_LATER:
		if (v->page == 0)
			jp_visit_postpone(v, r->retry_after, r->why);
		else
			page_failed(v, JP_VISIT_BLOCKED, r->why);
		return;
	case JP_ANSWER_NONE:
		v->unreached = v->page == 0 &&
		    (r->outcome == JP_HTTP_TIMEOUT || r->outcome == JP_HTTP_NETWORK);
		no_answer(v, r, JP_VISIT_ERROR);
		return;
	}
}

static void
on_page(const jp_http_response *r, gpointer data)
{
	jp_visit *v = data;

	if (r->outcome == JP_HTTP_STOPPED || jp_http_needs_contact(v->scrape->http)) {
		jp_visit_end(v, TRUE);
		return;
	}
	v->ms += r->ms;
	v->n_requests += r->attempts;
	page_answered(v, r);
}
