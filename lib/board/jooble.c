/*
 * Jooble: POST /api/{key} with {"keywords", "location", "page"}, {totalCount, jobs[]}.
 *
 * The key stands in the path, so it is the request's secret.  Ids are whole numbers beyond what
 * JSON carries exactly: the one in the link is the id.  Texts are snippets with marks around the
 * words looked for; a salary is free text.
 */
#include "board/internal.h"

#include <string.h>

/* Of one visit: a key is good for some hundreds of requests. */
#define MAX_PAGES_READ 5

static const char *const keys[] = {"keywords", "location", "radius", "salary", NULL};

static gboolean
recognise(const char *url, char **token)
{
	(void)url, (void)token; /* a page of results does not say which search it is */
	return FALSE;
}

static char *
canonical(const char *given, GError **error)
{
	return jp_query_token("jooble", keys, given, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	g_autoptr(cJSON) search = cJSON_CreateObject();
	g_autofree char *number = g_strdup_printf("%u", page + 1);

	for (guint i = 0; keys[i]; i++) {
		g_autofree char *value = jp_query_value(b->token, keys[i]);

		/* the first is required */
		if (value || i == 0)
			cJSON_AddStringToObject(search, keys[i], value ? value : "");
	}
	cJSON_AddStringToObject(search, "page", number);
	out->method = g_strdup("POST");
	out->url =
	    jp_site_url(b->base_url, "https://jooble.org", "/api/", b->key ? b->key : "", "");
	out->secret = g_strdup(b->key);
	out->content_type = g_strdup("application/json");
	out->body = jp_json_line(search);
}

/* The digits in the link, with their sign; else the id as it came. */
static char *
read_id(const cJSON *job)
{
	const char *link = jp_json_text(job, "link");
	const char *at = link ? strstr(link, "/jdp/") : NULL;
	gsize len = at ? strspn(at + 5, "-" G_CSET_DIGITS) : 0;

	return len > 0 ? g_strndup(at + 5, len) : jp_json_id(job, "id");
}

static jp_posting *
read_job(const cJSON *job, const jp_board_ref *b)
{
	const char *place = jp_json_text(job, "location");
	const char *salary = jp_json_text(job, "salary"), *text = jp_json_text(job, "snippet");
	jp_posting *p = jp_posting_new();

	p->external_id = read_id(job);
	p->title = jp_listing_title(jp_json_text(job, "title"));
	jp_items_company(p, jp_json_text(job, "company"), b, "Jooble");
	if (place)
		jp_posting_add_place(p, place);
	p->employment = jp_employment_read(jp_json_text(job, "type"));
	if (salary)
		(void)jp_posting_read_salary(p, salary); /* words may state none */
	p->description_html = g_strdup(text ? text : "");
	p->url = jp_listing_url(jp_json_text(job, "link"));
	p->posted_at = jp_listing_time(job, "updated", &p->posted_flags);
	return p;
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);
	const cJSON *jobs = jp_json_get(root, "jobs");
	gint64 total = 0;

	(void)now;
	*more = FALSE;
	if (!root || !jp_items_each(out, b, jobs, "jobs", read_job, error))
		return FALSE;
	out->complete = FALSE; /* a window */
	*more = cJSON_GetArraySize(jobs) > 0 && page + 1 < MAX_PAGES_READ &&
	    jp_json_int(root, "totalCount", &total) && total > g_hash_table_size(out->ids);
	return TRUE;
}

const jp_adapter jp_adapter_jooble = {
    .kind = "jooble",
    .summary = "Jooble (all, or keywords=, location=, ...); needs a key",
    .accept = "application/json",
    .window = TRUE,
    .needs_key = TRUE,
    .manners = {.per_day = 100},
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
