/*
 * SmartRecruiters: GET /v1/companies/{Company}/postings?limit=100&offset=N, {totalFound,
 * content[]}, page by page; the descriptions by GET .../postings/{id}.
 *
 * A company that does not exist answers 200 with none (R2).  ref in the listing is the interface's
 * own address, not a page; a posting's page is found by its id alone.  The interface is documented
 * as open to career sites, but the robots.txt of its host disallows everything: such a board is
 * added disabled, and enabling it is the operator's word (boards.md, section 7).
 */
#include "board/internal.h"

#include <string.h>

#define BASE     "https://api.smartrecruiters.com"
#define PAGE_LEN 100 /* the most that is given */

static const jp_site_rule pages[] = {
    {"jobs.smartrecruiters.com", "/", NULL},
    {"careers.smartrecruiters.com", "/", NULL},
    {"api.smartrecruiters.com", "/v1/companies/", NULL},
    {NULL, NULL, NULL},
};

/* First segments of paths on those hosts that are no company. */
static const char *const others[] = {
    "external-referrals", "ni", "oneclick-ui", "sr-jobs", "v1", NULL};

static gboolean
recognise(const char *url, char **token)
{
	if (!jp_site_recognise(pages, url, token))
		return FALSE;
	if (!g_strv_contains(others, *token))
		return TRUE;
	g_clear_pointer(token, g_free);
	return FALSE;
}

static char *
canonical(const char *given, GError **error)
{
	return jp_slug_token("smartrecruiters", given, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	g_autofree char *after =
	    g_strdup_printf("/postings?limit=%d&offset=%u", PAGE_LEN, page * PAGE_LEN);

	out->url = jp_site_url(b->base_url, BASE, "/v1/companies/", b->token, after);
}

static void
detail(const jp_board_ref *b, const jp_item *item, jp_page_request *out)
{
	g_autofree char *id = g_uri_escape_string(item->posting->external_id, NULL, FALSE);
	g_autofree char *after = g_strconcat("/postings/", id, NULL);

	out->url = jp_site_url(b->base_url, BASE, "/v1/companies/", b->token, after);
}

/* ---- what listing and details share ----------------------------------------------------- */

static void
add_place(jp_posting *p, const cJSON *job)
{
	const cJSON *place = jp_json_get(job, "location");
	const char *city = jp_json_text(place, "city"), *region = jp_json_text(place, "region");
	const char *country = jp_listing_country(NULL, jp_json_text(place, "country"));
	const char *whole = jp_json_text(place, "fullLocation");

	if (city && *city)
		jp_posting_add_location(p, NULL, city, region, country);
	else if (whole && *whole)
		jp_posting_add_place(p, whole);
	else if ((region && *region) || country)
		jp_posting_add_location(p, NULL, NULL, region, country);
}

static jp_remote
read_remote(const cJSON *job)
{
	gboolean remote = FALSE, hybrid = FALSE;
	gboolean said = jp_json_bool(job, "location.remote", &remote);

	if (jp_json_bool(job, "location.hybrid", &hybrid) && hybrid)
		return JP_REMOTE_HYBRID;
	if (remote)
		return JP_REMOTE_REMOTE;
	/* hybrid is not on every answer: without it "not remote" says little */
	return said && jp_json_get(job, "location.hybrid") ? JP_REMOTE_ONSITE : JP_REMOTE_UNKNOWN;
}

static jp_employment
read_employment(const cJSON *job)
{
	jp_employment e = jp_employment_read(jp_json_text(job, "typeOfEmployment.label"));

	return e == JP_EMPLOYMENT_UNKNOWN
	    ? jp_employment_read(jp_json_text(job, "typeOfEmployment.id"))
	    : e;
}

static void
read_language(jp_posting *p, const cJSON *job)
{
	const char *code = jp_json_text(job, "language.code");

	if (code && strlen(code) >= 2 && !p->language)
		p->language = g_ascii_strdown(code, 2);
}

/* Whatever p has not yet. */
static void
read_common(jp_posting *p, const cJSON *job)
{
	const char *department = jp_json_text(job, "department.label");

	if (!p->title)
		p->title = jp_listing_title(jp_json_text(job, "name"));
	if (!p->requisition)
		p->requisition = jp_json_id(job, "refNumber");
	if (p->locations->len == 0)
		add_place(p, job);
	if (p->remote == JP_REMOTE_UNKNOWN)
		p->remote = read_remote(job);
	if (p->employment == JP_EMPLOYMENT_UNKNOWN)
		p->employment = read_employment(job);
	if (p->level == JP_LEVEL_UNKNOWN)
		jp_listing_level(p, jp_json_text(job, "experienceLevel.id"));
	if (!p->department)
		p->department =
		    jp_listing_department(department, jp_json_text(job, "function.label"));
	read_language(p, job);
	if (!p->posted_at)
		p->posted_at = jp_listing_time(job, "releasedDate", &p->posted_flags);
}

static char *
page_of(const jp_board_ref *b, const char *id)
{
	g_autofree char *segment = g_uri_escape_string(id, NULL, FALSE);
	g_autofree char *after = g_strconcat("/", segment, NULL);

	return jp_site_url(NULL, "https://jobs.smartrecruiters.com", "/", b->token, after);
}

/* ---- the listing ------------------------------------------------------------------------ */

static jp_posting *
read_job(const cJSON *job, const jp_board_ref *b)
{
	jp_posting *p = jp_posting_new();

	p->external_id = jp_json_id(job, "id");
	jp_listing_company(p, jp_json_text(job, "company.name"), b);
	read_common(p, job);
	if (p->external_id)
		p->url = page_of(b, p->external_id);
	return p;
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);
	gint64 total = -1, read = ((gint64)page + 1) * PAGE_LEN;

	(void)now;
	*more = FALSE;
	if (!root ||
	    !jp_items_wait(out, b, jp_json_get(root, "content"), "content", read_job, error))
		return FALSE;
	if (!jp_json_int(root, "totalFound", &total))
		jp_listing_partial(out, "no totalFound in the answer");
	out->total = MAX(out->total, total);
	*more = cJSON_GetArraySize(jp_json_get(root, "content")) > 0 && read < total;
	if (!*more)
		jp_listing_check_total(out);
	return TRUE;
}

/* ---- details ---------------------------------------------------------------------------- */

static void
read_texts(jp_posting *p, const cJSON *job)
{
	static const char *const sections[] = {
	    "companyDescription", "jobDescription", "qualifications", "additionalInformation"};
	GString *html = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(sections); i++) {
		g_autofree char *path = g_strconcat("jobAd.sections.", sections[i], NULL);
		const cJSON *section = jp_json_get(job, path);

		jp_listing_append_part(
		    html, jp_json_text(section, "title"), jp_json_text(section, "text"));
	}
	g_free(p->description_html);
	p->description_html = g_string_free(html, FALSE);
}

static void
read_page(jp_posting *p, const cJSON *job, const jp_board_ref *b)
{
	char *url = jp_listing_url(jp_json_text(job, "postingUrl"));

	if (url) {
		g_free(p->url);
		p->url = url;
	} else if (!p->url && p->external_id)
		p->url = page_of(b, p->external_id);
	if (!p->apply_url)
		p->apply_url = jp_listing_url(jp_json_text(job, "applyUrl"));
}

static gboolean
parse_detail(
    jp_posting *p, const jp_board_ref *b, const char *body, gsize len, gint64 now, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *job = jp_json_root(json);

	(void)now;
	if (!job)
		return FALSE;
	if (!cJSON_IsObject(jp_json_get(job, "jobAd"))) {
		g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA, "no jobAd in the answer");
		return FALSE;
	}
	if (p->company_is_guess && jp_json_text(job, "company.name")) {
		g_clear_pointer(&p->company, g_free);
		p->company_is_guess = FALSE;
		jp_listing_company(p, jp_json_text(job, "company.name"), b);
	}
	read_common(p, job);
	jp_items_salary(p, jp_json_get(job, "compensation.min"),
	    jp_json_get(job, "compensation.max"), jp_json_text(job, "compensation.currency"),
	    jp_json_text(job, "compensation.period"));
	read_texts(p, job);
	read_page(p, job, b);
	return TRUE;
}

const jp_adapter jp_adapter_smartrecruiters = {
    .kind = "smartrecruiters",
    .summary = "SmartRecruiters companies (jobs.smartrecruiters.com)",
    .accept = "application/json",
    .manners =
	{
	    .pace = "api.smartrecruiters.com",
	    .at_once = 1,
	    .is_off = TRUE,
	    .note = "the vendor documents this interface for career sites, but the robots.txt of "
		    "its host disallows everything; scrape.exempt says that you read it all the "
		    "same",
	},
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
    .detail = detail,
    .parse_detail = parse_detail,
};
