/*
 * One polite request of a board, and what its answer says: whether there is a board, whether it has
 * postings, and whether all of them come (the first page only, no details).  Nothing is stored.
 */
#include "board/internal.h"

#include <string.h>

/* Boards asked at once; the HTTP client paces them by host. */
#define BATCH 64

const char *
jp_look_word(jp_look_status s)
{
	switch (s) {
	case JP_LOOK_OK:
		return "ok";
	case JP_LOOK_EMPTY:
		return "empty";
	case JP_LOOK_TRUNCATED:
		return "truncated";
	case JP_LOOK_BLOCKED:
		return "blocked";
	case JP_LOOK_GONE:
		return "gone";
	case JP_LOOK_ERROR:
		return "error";
	}
	return NULL;
}

jp_board_look *
jp_look_new(const jp_adapter *adapter, const char *token, const char *how)
{
	jp_board_look *look = g_new0(jp_board_look, 1);

	look->adapter = adapter;
	look->token = g_strdup(token);
	look->name = g_strdup_printf("%s:%s", adapter->kind, token);
	look->how = g_strdup(how);
	look->n_postings = JP_NO_INT;
	look->status = JP_LOOK_ERROR;
	return look;
}

void
jp_look_free(jp_board_look *look)
{
	if (!look)
		return;
	g_free(look->token);
	g_free(look->name);
	g_free(look->region);
	g_free(look->company);
	g_free(look->how);
	g_free(look->why);
	g_free(look);
}

/* ---- what an answer says ---------------------------------------------------------------- */

static void
say(jp_board_look *look, jp_look_status status, const char *why)
{
	look->status = status;
	g_free(look->why);
	look->why = g_strdup(why);
}

/* The company that the postings name, where they do. */
static void
read_company(jp_board_look *look, const jp_listing *l)
{
	const jp_posting *p = l->postings->len ? g_ptr_array_index(l->postings, 0) : NULL;

	if (!p && l->items->len)
		p = ((const jp_item *)g_ptr_array_index(l->items, 0))->posting;
	if (p && p->company && !p->company_is_guess && !look->company && !look->adapter->window)
		look->company = jp_text_clean(p->company, -1, JP_MAX_NAME, FALSE);
}

static void
judge(jp_board_look *look, const jp_listing *l, gboolean more)
{
	gint64 n = g_hash_table_size(l->ids);

	look->n_postings = more ? MAX(n, l->total) : n;
	if (!more && l->incomplete_why)
		say(look, JP_LOOK_TRUNCATED, l->incomplete_why);
	else if (n == 0 && l->n_bad == 0)
		say(look, JP_LOOK_EMPTY,
		    "no postings; some services answer so for a name they do not know");
	else if (n == 0)
		say(look, JP_LOOK_ERROR, "none of the postings could be read");
	else
		say(look, JP_LOOK_OK, NULL);
}

static jp_board_ref
ref_of(const jp_board_look *look, const jp_config *conf)
{
	return (jp_board_ref){
	    .token = look->token,
	    .region = look->region,
	    .base_url = jp_board_base(conf, look->adapter->kind, look->region),
	    .key = jp_board_key(conf, look->adapter->kind),
	};
}

void
jp_look_read(jp_board_look *look, const jp_config *conf, const char *body, gsize len)
{
	const jp_board_ref ref = ref_of(look, conf);
	g_autoptr(jp_listing) l = jp_listing_new();
	g_autoptr(GError) error = NULL;
	gboolean more = FALSE;

	if (!look->adapter->parse(l, &ref, body, len, 0, jp_now(), &more, &error)) {
		say(look,
		    jp_outcome_unreadable(body, len) == JP_VISIT_BLOCKED ? JP_LOOK_BLOCKED
									 : JP_LOOK_ERROR,
		    error->message);
		return;
	}
	jp_outcome_check(l);
	read_company(look, l);
	judge(look, l, more);
}

/* ---- asking ----------------------------------------------------------------------------- */

struct errand {
	jp_looker *looker;
	jp_board_look *look;
	gboolean region_tried;
	char *asked; /* the URL; owned */
};

static void ask(struct errand *e);

static void
errand_over(struct errand *e)
{
	jp_looker *looker = e->looker;

	looker->n_asked--;
	looker->done(e->look, looker->data);
	g_free(e->asked);
	g_free(e);
}

static gboolean
try_other_region(struct errand *e)
{
	const jp_adapter *a = e->look->adapter;
	const char *next = a->next_region ? a->next_region(e->look->region) : NULL;

	if (!next || e->region_tried)
		return FALSE;
	e->region_tried = TRUE;
	g_free(e->look->region);
	e->look->region = *next ? g_strdup(next) : NULL;
	ask(e);
	return TRUE;
}

/* An empty listing may be a server's error page. */
static void
name_error_page(jp_board_look *look, const jp_http_response *r)
{
	g_autofree char *page = jp_outcome_error_page(r->body, r->len), *why = NULL;

	if (!page)
		return;
	why = g_strdup_printf("HTTP %d with %s", r->status, page);
	say(look, JP_LOOK_ERROR, why);
}

/* No listing, or one without postings: it may be a page that refuses us. */
static void
name_refusal(struct errand *e, const jp_http_response *r)
{
	jp_board_look *look = e->look;
	g_autofree char *refusal = NULL, *why = NULL;

	if (look->status == JP_LOOK_OK || look->status == JP_LOOK_TRUNCATED)
		return;
	refusal = jp_outcome_refusal(e->asked, r);
	if (refusal)
		say(look, JP_LOOK_BLOCKED, refusal);
	else if (look->status == JP_LOOK_EMPTY)
		name_error_page(look, r);
	else if (jp_outcome_answer(r) == JP_ANSWER_BODY) {
		why = jp_outcome_unread_why(e->asked, r, look->why);
		say(look, look->status, why);
	}
}

static void
on_answer(const jp_http_response *r, gpointer data)
{
	struct errand *e = data;

	switch (jp_outcome_answer(r)) {
	case JP_ANSWER_BODY:
		jp_look_read(e->look, e->looker->conf, r->body, r->len);
		name_refusal(e, r);
		break;
	case JP_ANSWER_GONE:
		if (try_other_region(e))
			return;
		say(e->look, JP_LOOK_GONE, r->why);
		break;
	case JP_ANSWER_BLOCKED:
		say(e->look, JP_LOOK_BLOCKED, r->why);
		name_refusal(e, r);
		break;
	case JP_ANSWER_LATER: /* our own limits: nobody was asked */
	case JP_ANSWER_SAME:
	case JP_ANSWER_NONE:
		say(e->look, JP_LOOK_ERROR, r->why ? r->why : "HTTP 304");
		name_refusal(e, r);
		break;
	}
	errand_over(e);
}

static void
ask(struct errand *e)
{
	const jp_config *conf = e->looker->conf;
	const jp_board_ref ref = ref_of(e->look, conf);
	jp_page_request page = {0};

	e->look->adapter->request(&ref, 0, &page);
	g_free(e->asked);
	e->asked = g_strdup(page.url);
	jp_fetch_ask(e->looker->http, conf, e->look->adapter, e->look->region, &page, NULL, NULL,
	    FALSE, on_answer, e);
}

void
jp_look_ask(jp_looker *looker, jp_board_look *look)
{
	struct errand *e = g_new0(struct errand, 1);
	const char *kind = look->adapter->kind;

	e->looker = looker;
	e->look = look;
	looker->n_asked++;
	if (!look->adapter->needs_key || jp_board_key(looker->conf, kind)) {
		ask(e);
		return;
	}
	say(look, JP_LOOK_ERROR, "the service gives answers to a key only");
	errand_over(e);
}

/* ---- verifying -------------------------------------------------------------------------- */

struct verifying {
	jp_looker looker;
	const GPtrArray *rows; /* of jp_board_row * */
	guint next;
	void (*each)(const jp_board_look *look, gpointer data);
	gpointer data;
	gboolean is_topping;
};

static void
top_up(struct verifying *v)
{
	if (v->is_topping)
		return; /* one that needs no request ends while it is asked */
	v->is_topping = TRUE;
	while (v->looker.n_asked < BATCH && v->next < v->rows->len && !jp_stopping()) {
		const jp_board_row *row = g_ptr_array_index(v->rows, v->next++);
		const jp_adapter *adapter = jp_adapter_find(row->kind);
		jp_board_look *look;

		if (!adapter)
			continue; /* of a version that knew more kinds */
		look = jp_look_new(adapter, row->token, NULL);
		look->id = row->id;
		look->region = g_strdup(row->region);
		look->company = g_strdup(row->company);
		jp_look_ask(&v->looker, look);
	}
	v->is_topping = FALSE;
}

static void
on_look(jp_board_look *look, gpointer data)
{
	struct verifying *v = data;

	v->each(look, v->data);
	jp_look_free(look);
	top_up(v);
}

void
jp_board_verify(jp_db *db, const jp_config *conf, jp_http *http, const GPtrArray *rows,
    void (*each)(const jp_board_look *look, gpointer data), gpointer data)
{
	struct verifying v = {
	    .looker = {.conf = conf, .http = http, .done = on_look},
	    .rows = rows,
	    .each = each,
	    .data = data,
	};
	g_autoptr(jp_gate) gate = jp_gate_new(db, http);

	(void)gate; /* lets requests through until the function ends */
	v.looker.data = &v;
	top_up(&v);
	jp_http_run(http);
}
