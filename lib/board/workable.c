/*
 * Workable: GET /api/v1/widget/accounts/{account}?details=true, the whole account in one answer.
 *
 * shortcode is the id, and what doubles are known by.  A place that is marked hidden is left out;
 * telecommuting true says remote, false says nothing.  A page of the other interface (v3, with
 * results[] and a total) is read too, though never asked for: the two disagree about how many
 * postings there are.  All accounts share one host, which is asked one thing at a time (boards.md,
 * section 6).
 */
#include "board/internal.h"

#include <string.h>

#define BASE "https://apply.workable.com"
#define HOST "apply.workable.com"

static const jp_site_rule pages[] = {
    {HOST, "/api/v1/widget/accounts/", NULL},
    {HOST, "/api/v3/accounts/", NULL},
    {HOST, "/", NULL},
    {NULL, NULL, NULL},
};

static const char *const suffixes[] = {".workable.com", NULL};

/* apply.workable.com/j/... is one posting and does not name its account. */
static gboolean
recognise(const char *url, char **token)
{
	if (!jp_site_recognise(pages, url, token))
		return jp_tenant_recognise(suffixes, url, token);
	if (strcmp(*token, "j") != 0 && strcmp(*token, "api") != 0)
		return TRUE;
	g_clear_pointer(token, g_free);
	return FALSE;
}

static char *
canonical(const char *given, GError **error)
{
	return jp_slug_token("workable", given, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	(void)page; /* never more than one */
	out->url =
	    jp_site_url(b->base_url, BASE, "/api/v1/widget/accounts/", b->token, "?details=true");
}

/* ---- jobs ------------------------------------------------------------------------------- */

static gboolean
is_hidden(const cJSON *place)
{
	gboolean hidden = FALSE;

	return jp_json_bool(place, "hidden", &hidden) && hidden;
}

static void
add_place(jp_posting *p, const cJSON *o, const char *region_key)
{
	const char *country =
	    jp_listing_country(jp_json_text(o, "country"), jp_json_text(o, "countryCode"));
	const char *city = jp_json_text(o, "city"), *region = jp_json_text(o, region_key);

	city = city && *city ? city : NULL;
	region = region && *region ? region : NULL;
	if (city || region || country)
		jp_posting_add_location(p, NULL, city, region, country);
}

static void
add_places(jp_posting *p, const cJSON *job)
{
	const cJSON *places = jp_json_get(job, "locations"), *place;

	if (cJSON_GetArraySize(places) == 0) {
		add_place(p, job, "state");
		return;
	}
	cJSON_ArrayForEach (place, places)
		if (cJSON_IsObject(place) && !is_hidden(place))
			add_place(p, place, "region");
}

/* workplace, which only v3 has, else telecommuting, which v3 calls remote. */
static jp_remote
read_remote(const cJSON *job)
{
	jp_remote r = jp_remote_read(jp_json_text(job, "workplace"));
	gboolean is_remote = FALSE;

	if (r != JP_REMOTE_UNKNOWN)
		return r;
	if (!jp_json_bool(job, "telecommuting", &is_remote))
		(void)jp_json_bool(job, "remote", &is_remote); /* neither: nothing is said */
	return is_remote ? JP_REMOTE_REMOTE : JP_REMOTE_UNKNOWN;
}

/* "Full-time"; v3 says "full", "part". */
static jp_employment
read_employment(const cJSON *job)
{
	const char *label = jp_json_text(job, "employment_type");
	const char *type = jp_json_text(job, "type");
	g_autofree char *longer = type ? g_strconcat(type, "-time", NULL) : NULL;
	jp_employment e = jp_employment_read(label ? label : type);

	return e == JP_EMPLOYMENT_UNKNOWN && !label ? jp_employment_read(longer) : e;
}

static void
read_urls(jp_posting *p, const cJSON *job)
{
	const char *url = jp_json_text(job, "url");

	p->url = jp_listing_url(url ? url : jp_json_text(job, "shortlink"));
	if (!p->url && p->external_id)
		p->url = g_strdup_printf(BASE "/j/%s", p->external_id);
	p->apply_url = jp_listing_url(jp_json_text(job, "application_url"));
}

static void
read_dates(jp_posting *p, const cJSON *job)
{
	static const char *const keys[] = {"published_on", "published", "created_at"};

	for (guint i = 0; i < G_N_ELEMENTS(keys) && !p->posted_at; i++)
		p->posted_at = jp_listing_time(job, keys[i], &p->posted_flags);
}

static jp_posting *
read_job(const cJSON *job, const jp_board_ref *b)
{
	const char *department = jp_json_text(job, "department");
	const char *language = jp_json_text(job, "language");
	jp_posting *p = jp_posting_new();

	if (!department) /* v3: a list from the top down, of which the last is the nearest */
		department = cJSON_GetStringValue(cJSON_GetArrayItem(jp_json_get(job, "department"),
		    cJSON_GetArraySize(jp_json_get(job, "department")) - 1));
	p->external_id = jp_json_id(job, "shortcode");
	p->title = jp_listing_title(jp_json_text(job, "title"));
	jp_listing_company(p, NULL, b);
	p->remote = read_remote(job);
	add_places(p, job);
	p->employment = read_employment(job);
	jp_listing_level(p, jp_json_text(job, "experience"));
	p->department = jp_listing_department(department, jp_json_text(job, "function"));
	p->description_html = g_strdup(jp_json_text(job, "description"));
	read_urls(p, job);
	if (language && strlen(language) >= 2)
		p->language = g_ascii_strdown(language, 2);
	read_dates(p, job);
	return p;
}

/* ---- the answer ------------------------------------------------------------------------- */

static void
read_v3_end(jp_listing *out, const cJSON *root)
{
	if (jp_json_int(root, "total", &out->total))
		jp_listing_check_total(out);
	if (jp_json_text(root, "nextPage"))
		jp_listing_partial(out, "more pages follow");
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);
	jp_board_ref named = *b;
	const cJSON *results;
	const char *name;

	(void)page, (void)now;
	*more = FALSE;
	if (!root)
		return FALSE;
	results = jp_json_get(root, "results");
	name = jp_json_text(root, "name");
	if (name && *name)
		named.company = name;
	if (!results)
		return jp_items_each(
		    out, &named, jp_json_get(root, "jobs"), "jobs", read_job, error);
	if (!jp_items_each(out, &named, results, "results", read_job, error))
		return FALSE;
	read_v3_end(out, root);
	return TRUE;
}

const jp_adapter jp_adapter_workable = {
    .kind = "workable",
    .summary = "Workable accounts (apply.workable.com)",
    .accept = "application/json",
    .manners = {.pace = HOST, .at_once = 1},
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
