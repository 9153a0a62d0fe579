/*
 * The Muse: GET /api/public/jobs?page=N&descending=true, {page, page_count, total, results[]},
 * twenty a page, newest first but for minutes.  No key is needed for a few hundred requests an
 * hour.
 *
 * levels[] are the service's own words for the level, and beat those of the title; a place named
 * "Flexible / Remote" is a work model.
 */
#include "board/internal.h"

#include <string.h>

/* Of one visit; what is older was read before, or is too old to tell. */
#define MAX_PAGES_READ 20

static const char *const keys[] = {"category", "company", "level", "location", NULL};

static gboolean
recognise(const char *url, char **token)
{
	return jp_query_recognise("themuse.com", url, token);
}

static char *
canonical(const char *given, GError **error)
{
	return jp_query_token("themuse", keys, given, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	g_autofree char *number = g_strdup_printf("page=%u&descending=true", page);

	out->url = jp_query_url(
	    b->base_url, "https://www.themuse.com", "/api/public/jobs", number, b->token);
}

static jp_level
read_level(const cJSON *job)
{
	static const struct {
		const char *name;
		jp_level level;
	} table[] = {{"internship", JP_LEVEL_INTERN}, {"entry", JP_LEVEL_ENTRY},
	    {"mid", JP_LEVEL_MID}, {"senior", JP_LEVEL_SENIOR}, {"management", JP_LEVEL_MANAGER}};
	const char *name =
	    jp_json_text(cJSON_GetArrayItem(jp_json_get(job, "levels"), 0), "short_name");

	for (guint i = 0; name && i < G_N_ELEMENTS(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return table[i].level;
	return JP_LEVEL_UNKNOWN;
}

static void
add_places(jp_posting *p, const cJSON *places)
{
	const cJSON *place;

	cJSON_ArrayForEach (place, places) {
		const char *name = jp_json_text(place, "name");

		if (name && strstr(name, "Remote"))
			p->remote = JP_REMOTE_REMOTE;
		else if (name)
			jp_posting_add_place(p, name);
	}
}

static jp_posting *
read_job(const cJSON *job, const jp_board_ref *b)
{
	const cJSON *category = cJSON_GetArrayItem(jp_json_get(job, "categories"), 0);
	const char *text = jp_json_text(job, "contents");
	jp_posting *p = jp_posting_new();

	p->external_id = jp_json_id(job, "id");
	p->title = jp_listing_title(jp_json_text(job, "name"));
	jp_items_company(p, jp_json_text(job, "company.name"), b, "The Muse");
	add_places(p, jp_json_get(job, "locations"));
	p->level = read_level(job);
	p->department = jp_listing_department(jp_json_text(category, "name"), NULL);
	p->description_html = jp_listing_unescape(text ? text : "");
	p->url = jp_listing_url(jp_json_text(job, "refs.landing_page"));
	p->posted_at = jp_listing_time(job, "publication_date", &p->posted_flags);
	return p;
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);
	gint64 pages = 0;

	(void)now;
	*more = FALSE;
	if (!root)
		return FALSE;
	out->complete = FALSE; /* a window */
	*more = cJSON_GetArraySize(jp_json_get(root, "results")) > 0 && page + 1 < MAX_PAGES_READ &&
	    jp_json_int(root, "page_count", &pages) && pages > (gint64)page + 1;
	return jp_items_each(out, b, jp_json_get(root, "results"), "results", read_job, error);
}

const jp_adapter jp_adapter_themuse = {
    .kind = "themuse",
    .summary = "The Muse (all, or category=, company=, level=, location=)",
    .accept = "application/json",
    .window = TRUE,
    .newest_first = TRUE,
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
