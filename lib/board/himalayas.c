/*
 * Himalayas: GET /jobs/api?limit=20&offset=N, {totalCount, jobs[]}, newest first, twenty a page.
 *
 * All of it is remote; locationRestrictions are the countries where one may live.  Dates are
 * seconds since the epoch, expiryDate ends a posting.  The currency is always stated, the amounts
 * may be null; the period is not stated.
 */
#include "board/internal.h"

#define PER_PAGE 20

/* Of one visit; what is older was read before, or is too old to tell. */
#define MAX_PAGES_READ 20

static const char *const keys[] = {NULL};

static gboolean
recognise(const char *url, char **token)
{
	return jp_query_recognise("himalayas.app", url, token);
}

static char *
canonical(const char *given, GError **error)
{
	return jp_query_token("himalayas", keys, given, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	g_autofree char *number = g_strdup_printf("limit=%d&offset=%u", PER_PAGE, page * PER_PAGE);

	out->url =
	    jp_query_url(b->base_url, "https://himalayas.app", "/jobs/api", number, b->token);
}

static void
add_places(jp_posting *p, const cJSON *places)
{
	const cJSON *place;

	cJSON_ArrayForEach (place, places)
		if (cJSON_IsString(place))
			jp_posting_add_place(p, place->valuestring);
}

static jp_posting *
read_job(const cJSON *job, const jp_board_ref *b)
{
	const char *text = jp_json_text(job, "description");
	const char *guid = jp_json_text(job, "guid");
	const char *level = jp_items_first_text(job, "seniority");
	jp_posting *p = jp_posting_new();

	text = text ? text : jp_json_text(job, "excerpt");
	p->external_id = guid ? jp_listing_url_id(guid) : NULL;
	p->title = jp_listing_title(jp_json_text(job, "title"));
	jp_items_company(p, jp_json_text(job, "companyName"), b, "Himalayas");
	p->remote = JP_REMOTE_REMOTE;
	add_places(p, jp_json_get(job, "locationRestrictions"));
	p->employment = jp_employment_read(jp_json_text(job, "employmentType"));
	p->level = level ? jp_level_read(level) : JP_LEVEL_UNKNOWN;
	p->department = jp_listing_department(jp_items_first_text(job, "parentCategories"), NULL);
	jp_items_salary(p, jp_json_get(job, "minSalary"), jp_json_get(job, "maxSalary"),
	    jp_json_text(job, "currency"), jp_json_text(job, "salaryPeriod"));
	p->description_html = jp_listing_unescape(text ? text : "");
	p->url = jp_listing_url(guid);
	p->apply_url = jp_listing_url(jp_json_text(job, "applicationLink"));
	p->posted_at = jp_items_epoch(job, "pubDate");
	p->valid_through = jp_items_epoch(job, "expiryDate");
	return p;
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);
	gint64 total = 0;
	int n;

	(void)now;
	*more = FALSE;
	if (!root)
		return FALSE;
	n = cJSON_GetArraySize(jp_json_get(root, "jobs"));
	out->complete = FALSE; /* a window */
	*more = n > 0 && page + 1 < MAX_PAGES_READ && jp_json_int(root, "totalCount", &total) &&
	    total > (gint64)page * PER_PAGE + n;
	return jp_items_each(out, b, jp_json_get(root, "jobs"), "jobs", read_job, error);
}

const jp_adapter jp_adapter_himalayas = {
    .kind = "himalayas",
    .summary = "Himalayas, remote jobs (the token is all)",
    .accept = "application/json",
    .credit = "via Himalayas",
    .window = TRUE,
    .newest_first = TRUE,
    .manners =
	{.note = "Himalayas asks to be named as the source, with a link to the job's page there"},
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
