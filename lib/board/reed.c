/*
 * Reed: GET /api/1.0/search?resultsToTake=100&resultsToSkip=N, the key as the user name of HTTP's
 * basic authentication, {results[], totalResults}.
 *
 * Dates are dd/mm/yyyy, descriptions are cut by the service, a salary has a currency and no period;
 * a place may be a postcode without its blank ("CB12JW").
 */
#include "board/internal.h"

#include <string.h>

#define PER_PAGE 100
/* Of one visit: the newest thousand. */
#define MAX_PAGES_READ 10

static const char *const keys[] = {"contract", "distanceFromLocation", "employerId", "fullTime",
    "graduate", "keywords", "locationName", "maximumSalary", "minimumSalary", "partTime",
    "permanent", "temp", NULL};

static gboolean
recognise(const char *url, char **token)
{
	return jp_query_recognise("reed.co.uk", url, token);
}

static char *
canonical(const char *given, GError **error)
{
	return jp_query_token("reed", keys, given, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	g_autofree char *number =
	    g_strdup_printf("resultsToTake=%d&resultsToSkip=%u", PER_PAGE, page * PER_PAGE);
	g_autofree char *pair = g_strconcat(b->key ? b->key : "", ":", NULL);
	g_autofree char *coded = g_base64_encode((const guchar *)pair, strlen(pair));
	g_autofree char *header = g_strconcat("Authorization: Basic ", coded, NULL);
	g_autoptr(GStrvBuilder) headers = g_strv_builder_new();

	g_strv_builder_add(headers, header);
	out->headers = g_strv_builder_end(headers);
	out->secret = g_strdup(b->key);
	out->url = jp_query_url(
	    b->base_url, "https://www.reed.co.uk", "/api/1.0/search", number, b->token);
}

/* "18/03/2024"; 0 when it is none. */
static gint64
read_date(const cJSON *job, const char *key)
{
	const char *text = jp_json_text(job, key);
	g_auto(GStrv) parts = g_strsplit(text ? text : "", "/", 4);
	g_autofree char *iso = NULL;
	gint64 ms;

	if (g_strv_length(parts) != 3)
		return 0;
	iso = g_strdup_printf("%s-%s-%s", parts[2], parts[1], parts[0]);
	return jp_time_parse(iso, &ms, NULL) ? ms : 0;
}

/* A British postcode: "CB12JW", "M1 1AD". */
static gboolean
is_postcode(const char *place)
{
	gsize len = strlen(place);

	return len >= 5 && len <= 8 && g_ascii_isupper(place[0]) &&
	    g_ascii_isdigit(place[len - 3]) && g_ascii_isupper(place[len - 2]) &&
	    g_ascii_isupper(place[len - 1]);
}

static void
add_place(jp_posting *p, const char *place)
{
	g_autofree char *whole = g_strconcat(place, ", UK", NULL);

	jp_posting_add_location(p, whole, is_postcode(place) ? NULL : place, NULL, "GB");
}

static jp_posting *
read_job(const cJSON *job, const jp_board_ref *b)
{
	const char *place = jp_json_text(job, "locationName");
	const char *text = jp_json_text(job, "jobDescription");
	jp_posting *p = jp_posting_new();

	p->external_id = jp_json_id(job, "jobId");
	p->title = jp_listing_title(jp_json_text(job, "jobTitle"));
	jp_items_company(p, jp_json_text(job, "employerName"), b, "Reed");
	if (place)
		add_place(p, place);
	jp_items_salary(p, jp_json_get(job, "minimumSalary"), jp_json_get(job, "maximumSalary"),
	    jp_json_text(job, "currency"), NULL);
	p->description_html = jp_listing_unescape(text ? text : "");
	p->url = jp_listing_url(jp_json_text(job, "jobUrl"));
	p->posted_at = read_date(job, "date");
	if (p->posted_at)
		p->posted_flags |= JP_POSTED_DATE_ONLY;
	p->valid_through = read_date(job, "expirationDate");
	if (p->valid_through)
		p->valid_through += JP_DAY - 1; /* that whole day */
	return p;
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);
	const cJSON *jobs = jp_json_get(root, "results");
	guint n = (guint)cJSON_GetArraySize(jobs);
	gint64 total = 0;

	(void)now;
	*more = FALSE;
	if (!root)
		return FALSE;
	out->complete = FALSE; /* a window */
	*more = n > 0 && page + 1 < MAX_PAGES_READ && jp_json_int(root, "totalResults", &total) &&
	    total > (gint64)page * PER_PAGE + n;
	return jp_items_each(out, b, jobs, "results", read_job, error);
}

const jp_adapter jp_adapter_reed = {
    .kind = "reed",
    .summary = "Reed, Britain (all, or keywords=, locationName=, ...); needs a key",
    .accept = "application/json",
    .window = TRUE,
    .newest_first = TRUE,
    .needs_key = TRUE,
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
