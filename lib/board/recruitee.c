/*
 * Recruitee (Tellent): GET https://{slug}.recruitee.com/api/offers/, one answer with everything; an
 * employer's own domain answers too and is a token of its own.
 *
 * The text is in two fields, description and requirements.  Of the flags remote, hybrid and on_site
 * more than one may be set: one says that, remote with another says hybrid.  Title and text may
 * stand in translations only (boards.md, section 8).
 */
#include "board/internal.h"

#include <string.h>

#define SUFFIX ".recruitee.com"

static const char *const suffixes[] = {SUFFIX, NULL};

static gboolean
recognise(const char *url, char **token)
{
	return jp_tenant_recognise(suffixes, url, token);
}

static char *
canonical(const char *given, GError **error)
{
	return jp_tenant_token("recruitee", given, TRUE, error);
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	(void)page; /* never more than one */
	out->url = jp_tenant_url(b, SUFFIX, "/api/offers/");
}

/* ---- offers ----------------------------------------------------------------------------- */

/* The text at a key, else in the first translation that has it. */
static const char *
text_of(const cJSON *offer, const char *key)
{
	const char *text = jp_json_text(offer, key);
	const cJSON *translation;

	if (text && *text)
		return text;
	cJSON_ArrayForEach (translation, jp_json_get(offer, "translations")) {
		text = jp_json_text(translation, key);
		if (text && *text)
			return text;
	}
	return NULL;
}

static jp_remote
read_remote(const cJSON *offer)
{
	gboolean remote = FALSE, hybrid = FALSE, on_site = FALSE;

	/* a flag that is missing is not set */
	(void)jp_json_bool(offer, "remote", &remote);
	(void)jp_json_bool(offer, "hybrid", &hybrid);
	(void)jp_json_bool(offer, "on_site", &on_site);
	if (hybrid || (remote && on_site))
		return JP_REMOTE_HYBRID;
	if (remote)
		return JP_REMOTE_REMOTE;
	return on_site ? JP_REMOTE_ONSITE : JP_REMOTE_UNKNOWN;
}

static const char *
filled(const cJSON *o, const char *key)
{
	const char *text = jp_json_text(o, key);

	return text && *text ? text : NULL;
}

static void
add_place(jp_posting *p, const cJSON *o, const char *region_key)
{
	const char *country =
	    jp_listing_country(jp_json_text(o, "country"), jp_json_text(o, "country_code"));
	const char *city = filled(o, "city"), *region = filled(o, region_key);

	if (city || region || country)
		jp_posting_add_location(p, NULL, city, region, country);
	else if (filled(o, "name"))
		jp_posting_add_place(p, filled(o, "name"));
}

static void
add_places(jp_posting *p, const cJSON *offer)
{
	const cJSON *places = jp_json_get(offer, "locations"), *place;

	cJSON_ArrayForEach (place, places)
		if (cJSON_IsObject(place))
			add_place(p, place, filled(place, "state") ? "state" : "region");
	if (p->locations->len == 0)
		add_place(p, offer, "state_name");
	if (p->locations->len == 0 && filled(offer, "location"))
		jp_posting_add_place(p, filled(offer, "location"));
}

static char *
read_description(const cJSON *offer)
{
	GString *html = g_string_new(NULL);

	jp_listing_append_part(html, NULL, text_of(offer, "description"));
	jp_listing_append_part(html, NULL, text_of(offer, "requirements"));
	return g_string_free(html, FALSE);
}

static void
read_urls(jp_posting *p, const cJSON *offer, const jp_board_ref *b)
{
	const char *apply = jp_json_text(offer, "careers_apply_url");
	g_autofree char *path = jp_json_text(offer, "slug")
	    ? g_strconcat("/o/", jp_json_text(offer, "slug"), NULL)
	    : NULL;

	p->url = jp_listing_url(jp_json_text(offer, "careers_url"));
	if (!p->url && jp_listing_is_path(path))
		p->url = jp_tenant_page(b, SUFFIX, path);
	p->apply_url = jp_listing_url(apply ? apply : jp_json_text(offer, "apply_url"));
}

static void
read_salary(jp_posting *p, const cJSON *offer)
{
	jp_items_salary(p, jp_json_get(offer, "salary.min"), jp_json_get(offer, "salary.max"),
	    jp_json_text(offer, "salary.currency"), jp_json_text(offer, "salary.period"));
}

static jp_posting *
read_offer(const cJSON *offer, const jp_board_ref *b)
{
	const char *type = jp_json_text(offer, "employment_type_code");
	const char *level = jp_json_text(offer, "experience_code");
	const char *department = jp_json_text(offer, "department");
	jp_posting *p = jp_posting_new();

	p->external_id = jp_json_id(offer, "id");
	p->title = jp_listing_title(text_of(offer, "title"));
	jp_listing_company(p, jp_json_text(offer, "company_name"), b);
	p->remote = read_remote(offer);
	add_places(p, offer);
	p->employment = jp_employment_read(type ? type : jp_json_text(offer, "employment_type"));
	jp_listing_level(p, level ? level : jp_json_text(offer, "experience_level"));
	department = department ? department : jp_json_text(offer, "department.name");
	p->department = jp_listing_department(department, NULL);
	read_salary(p, offer);
	p->description_html = read_description(offer);
	read_urls(p, offer, b);
	p->posted_at = jp_listing_time(offer, "published_at", &p->posted_flags);
	if (!p->posted_at)
		p->posted_at = jp_listing_time(offer, "created_at", &p->posted_flags);
	p->updated_at = jp_listing_time(offer, "updated_at", NULL);
	p->valid_through = jp_listing_time(offer, "close_at", NULL);
	return p;
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autoptr(jp_json) json = jp_json_read(body, len, error);
	const cJSON *root = jp_json_root(json);

	(void)page, (void)now;
	*more = FALSE;
	if (!root)
		return FALSE;
	if (cJSON_IsArray(root)) { /* as collected offer by offer, not as the service answers */
		jp_listing_partial(out, "a bare list of offers");
		return jp_items_each(out, b, root, "offers", read_offer, error);
	}
	return jp_items_each(out, b, jp_json_get(root, "offers"), "offers", read_offer, error);
}

const jp_adapter jp_adapter_recruitee = {
    .kind = "recruitee",
    .summary = "Recruitee careers pages ({slug}.recruitee.com, or the employer's own host)",
    .accept = "application/json",
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
};
