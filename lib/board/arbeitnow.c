/*
 * Arbeitnow: GET /api/job-board-api?page=N, {data[], links, meta}, a hundred a page, newest first.
 *
 * The pages' URLs are made here, never taken from links.next, which may carry a featured search and
 * narrow the board.  Pages are read until one brings nothing new (boards.md, section 13).
 */
#include "board/internal.h"

/* Of one visit; what is older was read before, or is too old to tell. */
#define MAX_PAGES_READ 20

static const char *const keys[] = {NULL};

static gboolean
recognise(const char *url, char **token)
{
	return jp_query_recognise("arbeitnow.com", url, token);
}

static char *
canonical(const char *given, GError **error)
{
	return jp_query_token("arbeitnow", keys, given, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	g_autofree char *number = g_strdup_printf("page=%u", page + 1);

	out->url = jp_query_url(
	    b->base_url, "https://www.arbeitnow.com", "/api/job-board-api", number, b->token);
}

/* Kinds of contract and of experience stand in one list, in several languages. */
static void
read_types(jp_posting *p, const cJSON *types)
{
	const cJSON *t;

	cJSON_ArrayForEach (t, types) {
		jp_employment e =
		    cJSON_IsString(t) ? jp_employment_read(t->valuestring) : JP_EMPLOYMENT_UNKNOWN;

		if (p->employment == JP_EMPLOYMENT_UNKNOWN || e == JP_EMPLOYMENT_INTERNSHIP)
			p->employment = e;
	}
}

static jp_posting *
read_job(const cJSON *job, const jp_board_ref *b)
{
	const char *place = jp_json_text(job, "location");
	const char *text = jp_json_text(job, "description");
	gboolean is_remote = FALSE;
	jp_posting *p = jp_posting_new();

	p->external_id = jp_json_id(job, "slug");
	p->title = jp_listing_title(jp_json_text(job, "title"));
	jp_items_company(p, jp_json_text(job, "company_name"), b, "Arbeitnow");
	/* false says nothing: hybrid ones are false, too */
	if (jp_json_bool(job, "remote", &is_remote) && is_remote)
		p->remote = JP_REMOTE_REMOTE;
	if (place)
		jp_posting_add_place(p, place);
	read_types(p, jp_json_get(job, "job_types"));
	p->department = jp_listing_department(jp_items_first_text(job, "tags"), NULL);
	p->description_html = jp_listing_unescape(text ? text : "");
	p->url = jp_listing_url(jp_json_text(job, "url"));
	p->posted_at = jp_items_epoch(job, "created_at");
	return p;
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);
	const cJSON *jobs = jp_json_get(root, "data");

	(void)now;
	*more = FALSE;
	if (!root)
		return FALSE;
	out->complete = FALSE; /* a window */
	*more = cJSON_GetArraySize(jobs) > 0 && page + 1 < MAX_PAGES_READ &&
	    jp_json_text(root, "links.next") != NULL;
	return jp_items_each(out, b, jobs, "data", read_job, error);
}

const jp_adapter jp_adapter_arbeitnow = {
    .kind = "arbeitnow",
    .summary = "Arbeitnow, jobs in Germany and remote (the token is all)",
    .accept = "application/json",
    .window = TRUE,
    .newest_first = TRUE,
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
