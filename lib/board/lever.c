/*
 * Lever: GET /v0/postings/{site}?mode=json, an array with everything; a second region for Europe.
 *
 * The description is in three parts that the page shows in this order: description, lists (bare
 * <li> markup under a heading; the requirements live there), additional.  The company is not in
 * the payload.  A site that does not exist answers {"ok":false}, which is "gone", never "empty"
 * (boards.md, section 4).
 */
#include "board/internal.h"

#include <string.h>

#define BASE    "https://api.lever.co"
#define BASE_EU "https://api.eu.lever.co"

static const jp_site_rule pages[] = {
    {"jobs.lever.co", "/", NULL},
    {"jobs.eu.lever.co", "/", NULL},
    {"api.lever.co", "/v0/postings/", NULL},
    {"api.eu.lever.co", "/v0/postings/", NULL},
    {NULL, NULL, NULL},
};

static gboolean
recognise(const char *url, char **token)
{
	return jp_site_recognise(pages, url, token);
}

static char *
canonical(const char *given, GError **error)
{
	return jp_slug_token("lever", given, error);
}

static gboolean
is_eu(const char *region)
{
	return region && strcmp(region, "eu") == 0;
}

static const char *
next_region(const char *region)
{
	return is_eu(region) ? "" : "eu";
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	(void)page; /* without a limit everything comes at once */
	out->url = jp_site_url(b->base_url, is_eu(b->region) ? BASE_EU : BASE, "/v0/postings/",
	    b->token, "?mode=json");
}

/* ---- the description -------------------------------------------------------------------- */

/* The HTML at one key, else the plain text at the other. */
static gboolean
append_part(GString *html, const cJSON *job, const char *key, const char *plain_key)
{
	const char *part = jp_json_text(job, key);
	const char *plain = jp_json_text(job, plain_key);

	if (part && *part) {
		g_string_append_printf(html, "<div>%s</div>", part);
		return TRUE;
	}
	if (plain && *plain) {
		g_autofree char *made = jp_listing_html_from_plain(plain);

		g_string_append_printf(html, "<div>%s</div>", made);
		return TRUE;
	}
	return FALSE;
}

static void
append_lists(GString *html, const cJSON *job)
{
	const cJSON *list;

	cJSON_ArrayForEach (list, jp_json_get(job, "lists")) {
		const char *text = jp_json_text(list, "text");
		const char *content = jp_json_text(list, "content");
		g_autofree char *heading = text ? jp_html_escape(text) : NULL;

		if (heading)
			g_string_append_printf(html, "<h3>%s</h3>", heading);
		if (content)
			g_string_append_printf(html, "<ul>%s</ul>", content);
	}
}

static char *
read_description(const cJSON *job)
{
	GString *html = g_string_new(NULL);

	if (!append_part(html, job, "description", "descriptionPlain")) {
		(void)append_part(html, job, "opening", "openingPlain"); /* may be missing */
		(void)append_part(html, job, "descriptionBody", "descriptionBodyPlain");
	}
	append_lists(html, job);
	(void)append_part(html, job, "salaryDescription", "salaryDescriptionPlain");
	(void)append_part(html, job, "additional", "additionalPlain");
	return g_string_free(html, FALSE);
}

/* ---- postings --------------------------------------------------------------------------- */

/* categories.location is the primary place and country is of that one. */
static void
add_places(jp_posting *p, const cJSON *job)
{
	const char *primary = jp_json_text(job, "categories.location");
	const char *country = jp_country_read(jp_json_text(job, "country"));
	const cJSON *place;

	if (primary)
		jp_posting_add_place(p, primary);
	cJSON_ArrayForEach (place, jp_json_get(job, "categories.allLocations")) {
		if (cJSON_IsString(place))
			jp_posting_add_place(p, place->valuestring);
	}
	if (!country)
		return;
	if (p->locations->len == 0)
		jp_posting_add_location(p, jp_country_name(country), NULL, NULL, country);
	else {
		jp_location *first = g_ptr_array_index(p->locations, 0);

		if (!first->country)
			first->country = g_strdup(country);
	}
}

static double
amount(const cJSON *job, const char *path)
{
	const cJSON *v = jp_json_get(job, path);

	return cJSON_IsNumber(v) ? v->valuedouble : 0;
}

static void
read_salary(jp_posting *p, const cJSON *job)
{
	double min = amount(job, "salaryRange.min"), max = amount(job, "salaryRange.max");

	if (min > 0 || max > 0)
		jp_posting_set_salary(p, min > 0 ? min : max, max > 0 ? max : min,
		    jp_json_text(job, "salaryRange.currency"),
		    jp_json_text(job, "salaryRange.interval"));
}

static void
read_urls(jp_posting *p, const cJSON *job, const jp_board_ref *b)
{
	p->url = jp_listing_url(jp_json_text(job, "hostedUrl"));
	if (!p->url && p->external_id)
		p->url = g_strdup_printf("https://jobs%s.lever.co/%s/%s",
		    is_eu(b->region) ? ".eu" : "", b->token, p->external_id);
	p->apply_url = jp_listing_url(jp_json_text(job, "applyUrl"));
}

static jp_posting *
read_posting(const cJSON *job, const jp_board_ref *b)
{
	jp_posting *p = jp_posting_new();

	p->external_id = jp_json_id(job, "id");
	p->title = g_strdup(jp_json_text(job, "text"));
	jp_listing_company(p, NULL, b);
	p->remote = jp_remote_read(jp_json_text(job, "workplaceType"));
	add_places(p, job);
	p->employment = jp_employment_read(jp_json_text(job, "categories.commitment"));
	p->department = jp_listing_department(
	    jp_json_text(job, "categories.team"), jp_json_text(job, "categories.department"));
	read_salary(p, job);
	p->description_html = read_description(job);
	read_urls(p, job, b);
	if (!jp_json_int(job, "createdAt", &p->posted_at) || p->posted_at < 0)
		p->posted_at = 0;
	return p;
}

/* Says what an object in the place of the array means. */
static void
set_shape_error(GError **error, const cJSON *root)
{
	const char *said = jp_json_text(root, "error");
	g_autofree char *words = jp_listing_excerpt(said ? said : "not ok");
	gboolean ok = TRUE;

	if (jp_json_bool(root, "ok", &ok) && !ok)
		g_set_error(error, JP_ERROR, JP_ERROR_DATA, "the service answered \"%s\"", words);
	else
		g_set_error_literal(
		    error, JP_ERROR, JP_ERROR_DATA, "the answer is no list of postings");
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);
	const cJSON *job;
	guint n = 0;

	(void)page, (void)now;
	*more = FALSE;
	if (!root)
		return FALSE;
	if (!cJSON_IsArray(root)) {
		set_shape_error(error, root);
		return FALSE;
	}
	cJSON_ArrayForEach (job, root) {
		g_autofree char *where = g_strdup_printf("postings[%u]", n++);

		if (cJSON_IsObject(job))
			jp_listing_add(out, read_posting(job, b), b->company, where);
		else
			jp_listing_problem(out, "%s: not an object", where);
	}
	return TRUE;
}

const jp_adapter jp_adapter_lever = {
    .kind = "lever",
    .summary = "Lever job sites (jobs.lever.co, jobs.eu.lever.co)",
    .accept = "application/json",
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
    .next_region = next_region,
};
