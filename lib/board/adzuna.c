/*
 * Adzuna: GET /v1/api/jobs/{country}/search/{page}?app_id=..&app_key=.., {count, results[]}, newest
 * first.
 *
 * The token is a country and a search ("de?what=welder"); the key is "ID:KEY" and stands in the
 * URL, so it is the request's secret.  Descriptions are cut by the service; a salary that it
 * predicted is nobody's statement and left out.
 */
#include "board/internal.h"

#include <string.h>

#define PER_PAGE 50
/* Of one visit: the service allows some 250 requests a day. */
#define MAX_PAGES_READ 10

static const char *const keys[] = {
    "category", "company", "distance", "what", "what_or", "where", NULL};

static const struct {
	const char *country, *currency;
} countries[] = {{"at", "EUR"}, {"au", "AUD"}, {"be", "EUR"}, {"br", "BRL"}, {"ca", "CAD"},
    {"ch", "CHF"}, {"de", "EUR"}, {"es", "EUR"}, {"fr", "EUR"}, {"gb", "GBP"}, {"in", "INR"},
    {"it", "EUR"}, {"mx", "MXN"}, {"nl", "EUR"}, {"nz", "NZD"}, {"pl", "PLN"}, {"sg", "SGD"},
    {"us", "USD"}, {"za", "ZAR"}};

/* The currency of a token's country; NULL when the service has none such. */
static const char *
currency_of(const char *token)
{
	for (guint i = 0; i < G_N_ELEMENTS(countries); i++)
		if (g_ascii_strncasecmp(countries[i].country, token, 2) == 0 &&
		    strchr("?", token[2]))
			return countries[i].currency;
	return NULL;
}

static gboolean
recognise(const char *url, char **token)
{
	(void)url, (void)token; /* a page of results does not say which search it is */
	return FALSE;
}

static char *
canonical(const char *given, GError **error)
{
	g_autofree char *country = g_ascii_strdown(given, 2), *search = NULL;

	if (strlen(given) < 2 || !currency_of(given)) {
		g_autofree char *shown = jp_listing_excerpt(given);

		g_set_error(error, JP_ERROR, JP_ERROR_DATA,
		    "\"%s\" cannot be an adzuna board: write a country of two letters, or one "
		    "with a search (de?what=welder)",
		    shown);
		return NULL;
	}
	if (given[2] == '\0')
		return g_steal_pointer(&country);
	search = jp_query_token("adzuna", keys, given + 3, error);
	if (!search)
		return NULL;
	return strcmp(search, "all") == 0 ? g_steal_pointer(&country)
					  : g_strconcat(country, "?", search, NULL);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	const char *colon = b->key ? strchr(b->key, ':') : NULL;
	g_autofree char *id = colon ? g_strndup(b->key, (gsize)(colon - b->key)) : g_strdup("");
	g_autofree char *path = g_strdup_printf("/v1/api/jobs/%.2s/search/%u", b->token, page + 1);
	const char *secret = colon ? colon + 1 : b->key ? b->key : "";
	g_autofree char *id_part = g_uri_escape_string(id, NULL, FALSE);
	g_autofree char *key_part = g_uri_escape_string(secret, NULL, FALSE);
	g_autofree char *fixed = g_strdup_printf(
	    "app_id=%s&app_key=%s&results_per_page=%d&sort_by=date", id_part, key_part, PER_PAGE);

	out->secret = g_strdup(secret);
	out->url = jp_query_url(
	    b->base_url, "https://api.adzuna.com", path, fixed, b->token[2] ? b->token + 3 : "all");
}

/* area[] goes from the country down to the place. */
static void
add_place(jp_posting *p, const cJSON *job)
{
	const cJSON *area = jp_json_get(job, "location.area");
	int n = cJSON_GetArraySize(area);
	const cJSON *country = cJSON_GetArrayItem(area, 0), *region = cJSON_GetArrayItem(area, 1);
	const cJSON *city = n > 2 ? cJSON_GetArrayItem(area, n - 1) : NULL;

	if (cJSON_IsString(country) && n > 1)
		jp_posting_add_location(p, jp_json_text(job, "location.display_name"),
		    city ? cJSON_GetStringValue(city) : NULL, cJSON_GetStringValue(region),
		    country->valuestring);
	else if (cJSON_IsString(country))
		jp_posting_add_place(p, country->valuestring);
	else if (jp_json_text(job, "location.display_name"))
		jp_posting_add_place(p, jp_json_text(job, "location.display_name"));
}

static void
read_salary(jp_posting *p, const cJSON *job, const jp_board_ref *b)
{
	g_autofree char *predicted = jp_json_id(job, "salary_is_predicted");

	if (!predicted || strcmp(predicted, "1") != 0)
		jp_items_salary(p, jp_json_get(job, "salary_min"), jp_json_get(job, "salary_max"),
		    currency_of(b->token), NULL);
}

/* The hours, else the contract; "permanent" alone says neither. */
static void
read_employment(jp_posting *p, const cJSON *job)
{
	const char *type = jp_json_text(job, "contract_type");

	p->employment = jp_employment_read(jp_json_text(job, "contract_time"));
	if (type && strcmp(type, "contract") == 0)
		p->employment = JP_EMPLOYMENT_CONTRACT;
}

static jp_posting *
read_job(const cJSON *job, const jp_board_ref *b)
{
	const char *text = jp_json_text(job, "description");
	const char *category = jp_json_text(job, "category.label");
	jp_posting *p = jp_posting_new();

	p->external_id = jp_json_id(job, "id");
	p->title = jp_listing_title(jp_json_text(job, "title"));
	jp_items_company(p, jp_json_text(job, "company.display_name"), b, "Adzuna");
	add_place(p, job);
	read_employment(p, job);
	if (category && strcmp(category, "Unknown") != 0)
		p->department = g_strdup(category);
	read_salary(p, job, b);
	p->description_html = jp_listing_unescape(text ? text : "");
	p->url = jp_listing_url(jp_json_text(job, "redirect_url"));
	p->posted_at = jp_listing_time(job, "created", &p->posted_flags);
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
	*more = n > 0 && page + 1 < MAX_PAGES_READ && jp_json_int(root, "count", &total) &&
	    total > (gint64)page * PER_PAGE + n;
	return jp_items_each(out, b, jobs, "results", read_job, error);
}

const jp_adapter jp_adapter_adzuna = {
    .kind = "adzuna",
    .summary = "Adzuna (COUNTRY, or COUNTRY?what=..&where=..); needs a key",
    .accept = "application/json",
    .credit = "Jobs by Adzuna",
    .window = TRUE,
    .newest_first = TRUE,
    .needs_key = TRUE,
    .manners = {.per_day = 250,
	.note = "Adzuna asks for \"Jobs by Adzuna\" with a link beside what is shown"},
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
