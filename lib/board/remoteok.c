/*
 * Remote OK: GET /api, an array of about the hundred newest whose first element is legal text.
 *
 * All of it is remote; a salary of 0 is none and the others are dollars a year by convention; most
 * descriptions were read as Latin-1 and encoded again.  The terms in element 0 ask that Remote OK
 * is named and that the link leads to its page: so that is the posting's URL (boards.md, section
 * 13).
 */
#include "board/internal.h"

static const char *const keys[] = {NULL};

static gboolean
recognise(const char *url, char **token)
{
	return jp_query_recognise("remoteok.com", url, token);
}

static char *
canonical(const char *given, GError **error)
{
	return jp_query_token("remoteok", keys, given, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	(void)page; /* never more than one */
	out->url = jp_query_url(b->base_url, "https://remoteok.com", "/api", "", b->token);
}

/* Text that was decoded wrongly once, as it was meant; g_free; NULL for NULL. */
static char *
mended(const cJSON *job, const char *key)
{
	const char *text = jp_json_text(job, key);

	return text ? jp_text_unmojibake(text) : NULL;
}

static jp_posting *
read_job(const cJSON *job, const jp_board_ref *b)
{
	g_autofree char *title = mended(job, "position"), *company = mended(job, "company");
	g_autofree char *place = mended(job, "location"), *text = mended(job, "description");
	jp_posting *p = jp_posting_new();

	p->external_id = jp_json_id(job, "id");
	p->title = jp_listing_title(title);
	jp_items_company(p, company, b, "Remote OK");
	p->remote = JP_REMOTE_REMOTE;
	if (place && *place)
		jp_posting_add_place(p, place);
	jp_items_salary(
	    p, jp_json_get(job, "salary_min"), jp_json_get(job, "salary_max"), "USD", "YEAR");
	p->description_html = jp_listing_unescape(text ? text : "");
	p->url = jp_listing_url(jp_json_text(job, "url"));
	p->apply_url = jp_listing_url(jp_json_text(job, "apply_url"));
	p->posted_at = jp_items_epoch(job, "epoch");
	if (!p->posted_at)
		p->posted_at = jp_listing_time(job, "date", &p->posted_flags);
	return p;
}

/* Element 0 is no job: {last_updated, legal}. */
static gboolean
is_legal(const cJSON *o)
{
	return jp_json_get(o, "legal") && !jp_json_get(o, "id");
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(cJSON) root = jp_json_parse(body, len, error);

	(void)page, (void)now;
	*more = FALSE;
	if (!root)
		return FALSE;
	out->complete = FALSE; /* a window */
	if (is_legal(cJSON_GetArrayItem(root, 0)))
		cJSON_DeleteItemFromArray(root, 0);
	return jp_items_each(out, b, root, "jobs", read_job, error);
}

const jp_adapter jp_adapter_remoteok = {
    .kind = "remoteok",
    .summary = "Remote OK, the newest remote jobs (the token is all)",
    .accept = "application/json",
    .credit = "via Remote OK",
    .window = TRUE,
    .manners = {.note = "Remote OK asks to be named as the source and for a link to the job's page "
			"there, as digests have it"},
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
