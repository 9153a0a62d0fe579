/*
 * USAJOBS: GET /api/search?ResultsPerPage=500&Page=N with the header Authorization-Key,
 * {SearchResult: {SearchResultCountAll, SearchResultItems[].MatchedObjectDescriptor}}.
 *
 * The federal government's own listing: a search states how many postings it has, and one read to
 * its end is complete.  The service ties a key to an address: site.contact should be that one.  The
 * description is in parts; the closing date means that whole day.
 */
#include "board/internal.h"

#include <string.h>

#define PER_PAGE 500

static const char *const keys[] = {"HiringPath", "JobCategoryCode", "Keyword", "LocationName",
    "Organization", "PositionTitle", "Radius", "RemoteIndicator", NULL};

static gboolean
recognise(const char *url, char **token)
{
	return jp_query_recognise("usajobs.gov", url, token);
}

static char *
canonical(const char *given, GError **error)
{
	return jp_query_token("usajobs", keys, given, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	g_autofree char *number = g_strdup_printf("ResultsPerPage=%d&Page=%u", PER_PAGE, page + 1);
	g_autoptr(GStrvBuilder) headers = g_strv_builder_new();
	g_autofree char *key = g_strconcat("Authorization-Key: ", b->key ? b->key : "", NULL);

	g_strv_builder_add(headers, key);
	out->headers = g_strv_builder_end(headers);
	out->secret = g_strdup(b->key);
	out->url =
	    jp_query_url(b->base_url, "https://data.usajobs.gov", "/api/search", number, b->token);
}

/* ---- places --------------------------------------------------------------------------------- */

/* CityName is "Denver, Colorado"; the state stands beside it as well. */
static void
add_place(jp_posting *p, const cJSON *place)
{
	const char *city = jp_json_text(place, "CityName");
	const char *region = jp_json_text(place, "CountrySubDivisionCode");
	const char *country = jp_json_text(place, "CountryCode");
	const char *comma = city ? strrchr(city, ',') : NULL;
	g_autofree char *name = comma ? g_strndup(city, (gsize)(comma - city)) : g_strdup(city);

	if (region && strcmp(region, "N/A") == 0)
		region = NULL;
	if (city && strstr(city, "Anywhere in the U.S."))
		p->remote = JP_REMOTE_REMOTE;
	else if (city || region || country)
		jp_posting_add_location(p, NULL, name, region, country);
	else if (jp_json_text(place, "LocationName"))
		jp_posting_add_place(p, jp_json_text(place, "LocationName"));
}

static void
read_places(jp_posting *p, const cJSON *job)
{
	const cJSON *place;
	gboolean is_remote = FALSE;

	cJSON_ArrayForEach (place, jp_json_get(job, "PositionLocation"))
		add_place(p, place);
	if (jp_json_bool(job, "UserArea.Details.RemoteIndicator", &is_remote) && is_remote)
		p->remote = JP_REMOTE_REMOTE;
}

/* ---- the description ------------------------------------------------------------------------ */

/* A part that is a text or a list of texts; most are plain text. */
static void
append_part(GString *html, const char *heading, const cJSON *part)
{
	gboolean is_list = cJSON_IsArray(part);
	const cJSON *item = is_list ? part->child : part;

	for (; item; item = is_list ? item->next : NULL) {
		g_autofree char *text =
		    cJSON_IsString(item) ? jp_listing_unescape(item->valuestring) : NULL;

		if (!text || !text[strspn(text, " \r\n\t")])
			continue;
		if (heading)
			g_string_append_printf(html, "<h3>%s</h3>", heading);
		heading = NULL;
		g_string_append_printf(html, "<p>%s</p>", text);
	}
}

static char *
read_description(const cJSON *job)
{
	GString *html = g_string_new(NULL);

	append_part(html, NULL, jp_json_get(job, "UserArea.Details.JobSummary"));
	append_part(html, "Duties", jp_json_get(job, "UserArea.Details.MajorDuties"));
	append_part(html, "Qualifications", jp_json_get(job, "QualificationSummary"));
	append_part(html, "Education", jp_json_get(job, "UserArea.Details.Education"));
	append_part(html, "Requirements", jp_json_get(job, "UserArea.Details.Requirements"));
	append_part(html, "Benefits", jp_json_get(job, "UserArea.Details.Benefits"));
	return g_string_free(html, FALSE);
}

/* ---- the posting ---------------------------------------------------------------------------- */

/* "Per Year", or the codes of later answers: PA, PH, PD. */
static const char *
read_period(const cJSON *pay)
{
	static const char *const codes[][2] = {
	    {"PA", "YEAR"}, {"PH", "HOUR"}, {"PD", "DAY"}, {"PW", "WEEK"}, {"PM", "MONTH"}};
	const char *code = jp_json_text(pay, "RateIntervalCode");

	for (guint i = 0; code && i < G_N_ELEMENTS(codes); i++)
		if (strcmp(codes[i][0], code) == 0)
			return codes[i][1];
	return code;
}

static void
read_salary(jp_posting *p, const cJSON *job)
{
	const cJSON *pay = cJSON_GetArrayItem(jp_json_get(job, "PositionRemuneration"), 0);

	jp_items_salary(p, jp_json_get(pay, "MinimumRange"), jp_json_get(pay, "MaximumRange"),
	    "USD", read_period(pay));
}

/* The kind of offer says more than the schedule where it names one. */
static void
read_employment(jp_posting *p, const cJSON *job)
{
	const cJSON *offer = cJSON_GetArrayItem(jp_json_get(job, "PositionOfferingType"), 0);
	const cJSON *hours = cJSON_GetArrayItem(jp_json_get(job, "PositionSchedule"), 0);
	jp_employment by_offer = jp_employment_read(jp_json_text(offer, "Name"));
	jp_employment by_hours = jp_employment_read(jp_json_text(hours, "Name"));

	if (by_offer == JP_EMPLOYMENT_INTERNSHIP || by_offer == JP_EMPLOYMENT_TEMPORARY ||
	    by_hours == JP_EMPLOYMENT_UNKNOWN)
		p->employment = by_offer;
	else
		p->employment = by_hours;
}

static gint64
read_end(const cJSON *job)
{
	gint64 ms = jp_listing_time(job, "ApplicationCloseDate", NULL);

	if (!ms)
		ms = jp_listing_time(job, "PositionEndDate", NULL);
	return ms && ms % JP_DAY == 0 ? ms + JP_DAY - 1 : ms;
}

static jp_posting *
read_job(const cJSON *item, const jp_board_ref *b)
{
	const cJSON *job = jp_json_get(item, "MatchedObjectDescriptor");
	const char *whose = jp_json_text(job, "DepartmentName");
	jp_posting *p = jp_posting_new();

	p->external_id = jp_json_id(item, "MatchedObjectId");
	p->requisition = g_strdup(jp_json_text(job, "PositionID"));
	p->title = jp_listing_title(jp_json_text(job, "PositionTitle"));
	jp_items_company(p, jp_json_text(job, "OrganizationName"), b, "USAJOBS");
	if (p->company && whose && !jp_text_eq_folded(whose, p->company))
		p->department = g_strdup(whose);
	read_places(p, job);
	read_employment(p, job);
	read_salary(p, job);
	p->description_html = read_description(job);
	p->url = jp_listing_url(jp_json_text(job, "PositionURI"));
	p->apply_url = jp_listing_url(jp_items_first_text(job, "ApplyURI"));
	p->posted_at = jp_listing_time(job, "PublicationStartDate", &p->posted_flags);
	p->valid_through = read_end(job);
	return p;
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);
	const cJSON *items = jp_json_get(root, "SearchResult.SearchResultItems");
	guint n = (guint)cJSON_GetArraySize(items);

	(void)now;
	*more = FALSE;
	if (!root || !jp_items_each(out, b, items, "SearchResultItems", read_job, error))
		return FALSE;
	if (!jp_json_int(root, "SearchResult.SearchResultCountAll", &out->total))
		out->total = -1;
	*more = n > 0 && out->total > (gint64)page * PER_PAGE + n;
	if (!*more)
		jp_listing_check_total(out);
	return TRUE;
}

const jp_adapter jp_adapter_usajobs = {
    .kind = "usajobs",
    .summary = "USAJOBS (all, or Keyword=, LocationName=, Organization=, ...); needs a key",
    .accept = "application/json",
    .needs_key = TRUE,
    .manners = {.note = "USAJOBS gives a key to an address: site.contact should be that one"},
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
