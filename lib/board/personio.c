/*
 * Personio: GET https://{slug}.jobs.personio.de/xml?language=en, <workzag-jobs> with a <position>
 * each; the same on .com, which is asked after a 404.
 *
 * Without a language the feed is German, and what is not translated may be missing from it; nothing
 * in a feed says so.  So it is in English, or in the language that the token names
 * ("acme?language=de"): the operator knows what his boards are written in.  Every section has a
 * <name> of its own, so only children are looked at, never descendants.  A document that is not
 * well formed is refused whole, because what is missing from it cannot be told.  The page of a
 * position is not in the feed.  All boards share the vendor's servers and are paced as one host
 * (boards.md, section 9).
 */
#include "board/xml.h"

#include <string.h>

static const char *const suffixes[] = {".jobs.personio.de", ".jobs.personio.com", NULL};

static gboolean
recognise(const char *url, char **token)
{
	return jp_tenant_recognise(suffixes, url, token);
}

/* Between a slug and a language. */
#define LANGUAGE "?language="

/* Those of the service, the one that needs no saying first. */
static const char *const languages[] = {"en", "de", "es", "fr", "it", "nl", "pt", NULL};

static char *
canonical(const char *given, GError **error)
{
	const char *mark = strstr(given, LANGUAGE);
	const char *language = mark ? mark + strlen(LANGUAGE) : languages[0];
	g_autofree char *name = g_strndup(given, mark ? (gsize)(mark - given) : strlen(given));
	g_autofree char *slug = jp_tenant_token("personio", name, FALSE, error);

	if (!slug)
		return NULL;
	if (!g_strv_contains(languages, language)) {
		g_autofree char *all = g_strjoinv(" ", (char **)languages);

		g_set_error(error, JP_ERROR, JP_ERROR_DATA,
		    "a personio board's language is one of %s", all);
		return NULL;
	}
	return mark && strcmp(language, languages[0]) != 0
	    ? g_strconcat(slug, LANGUAGE, language, NULL)
	    : g_steal_pointer(&slug);
}

/* The slug of a token (g_free), and *language as in the feed's URL. */
static char *
slug_of(const char *token, const char **language)
{
	const char *mark = strstr(token, LANGUAGE);

	*language = mark ? mark + strlen(LANGUAGE) : languages[0];
	return g_strndup(token, mark ? (gsize)(mark - token) : strlen(token));
}

static gboolean
is_com(const char *region)
{
	return region && strcmp(region, "com") == 0;
}

static const char *
next_region(const char *region)
{
	return is_com(region) ? "" : "com";
}

static void
request(const jp_board_ref *b, guint page, jp_page_request *out)
{
	const char *language;
	g_autofree char *slug = slug_of(b->token, &language);
	g_autofree char *path = g_strconcat("/xml" LANGUAGE, language, NULL);
	jp_board_ref plain = *b;

	(void)page; /* never more than one */
	plain.token = slug;
	out->url = jp_tenant_url(&plain, suffixes[is_com(b->region)], path);
}

/* ---- positions -------------------------------------------------------------------------- */

static char *
child_text(const xmlNode *n, const char *name)
{
	return jp_xml_text(jp_xml_child(n, name));
}

static void
add_places(jp_posting *p, const xmlNode *position)
{
	const xmlNode *others = jp_xml_child(position, "additionalOffices");
	g_autofree char *office = child_text(position, "office");

	if (office)
		jp_posting_add_place(p, office);
	for (const xmlNode *n = others ? others->children : NULL; n; n = n->next) {
		g_autofree char *other = jp_xml_is(n, "office") ? jp_xml_text(n) : NULL;

		if (other)
			jp_posting_add_place(p, other);
	}
}

/* Interns and trainees are such whatever their hours; for the others the hours say more than
 * "permanent". */
static jp_employment
read_employment(const xmlNode *position)
{
	g_autofree char *type = child_text(position, "employmentType");
	g_autofree char *schedule = child_text(position, "schedule");
	jp_employment by_type = jp_employment_read(type), hours = jp_employment_read(schedule);

	if (by_type == JP_EMPLOYMENT_INTERNSHIP || by_type == JP_EMPLOYMENT_APPRENTICESHIP)
		return by_type;
	return hours != JP_EMPLOYMENT_UNKNOWN ? hours : by_type;
}

/* <h3>name</h3>value for each section, in order. */
static char *
read_description(const xmlNode *position)
{
	const xmlNode *sections = jp_xml_child(position, "jobDescriptions");
	GString *html = g_string_new(NULL);

	for (const xmlNode *n = sections ? sections->children : NULL; n; n = n->next) {
		g_autofree char *name = NULL, *value = NULL;

		if (!jp_xml_is(n, "jobDescription"))
			continue;
		name = child_text(n, "name");
		value = child_text(n, "value");
		jp_listing_append_part(html, name, value);
	}
	return g_string_free(html, FALSE);
}

static void
read_url(jp_posting *p, const jp_board_ref *b)
{
	g_autofree char *segment = g_uri_escape_string(p->external_id, NULL, FALSE);
	g_autofree char *path = g_strconcat("/job/", segment, NULL);

	p->url = jp_tenant_page(b, suffixes[is_com(b->region)], path);
}

static void
read_level(jp_posting *p, const xmlNode *position)
{
	g_autofree char *seniority = child_text(position, "seniority");

	if (g_strcmp0(seniority, "student") == 0)
		p->level = JP_LEVEL_INTERN;
	else
		jp_listing_level(p, seniority);
}

static jp_posting *
read_position(const xmlNode *position, const jp_board_ref *b)
{
	g_autofree char *company = child_text(position, "subcompany");
	g_autofree char *department = child_text(position, "department");
	g_autofree char *category = child_text(position, "recruitingCategory");
	g_autofree char *created = child_text(position, "createdAt");
	jp_posting *p = jp_posting_new();
	gint64 ms;

	p->external_id = child_text(position, "id");
	p->title = child_text(position, "name");
	jp_listing_company(p, company, b);
	add_places(p, position);
	/* "Permanent Employee" as often as a kind of work */
	p->department = jp_listing_department(department ? department : category, NULL);
	p->employment = read_employment(position);
	read_level(p, position);
	p->description_html = read_description(position);
	if (p->external_id)
		read_url(p, b);
	if (created && jp_time_parse(created, &ms, NULL))
		p->posted_at = ms;
	return p;
}

static void
read_positions(jp_listing *out, const jp_board_ref *b, const xmlNode *root)
{
	const char *language;
	g_autofree char *slug = slug_of(b->token, &language);
	jp_board_ref plain = *b;
	guint n = 0;

	plain.token = slug;
	for (const xmlNode *node = root->children; node; node = node->next) {
		g_autofree char *where = NULL;

		if (!jp_xml_is(node, "position"))
			continue;
		where = g_strdup_printf("position[%u]", n++);
		jp_listing_add(out, read_position(node, &plain), b->company, where);
	}
}

static gboolean
parse(jp_listing *out, const jp_board_ref *b, const char *body, gsize len, guint page, gint64 now,
    gboolean *more, GError **error)
{
	g_autofree char *complaint = NULL;
	const xmlNode *root;
	xmlDoc *doc;
	gboolean ok;

	(void)page, (void)now;
	*more = FALSE;
	if (jp_html_looks_like(body, (gssize)len)) {
		g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA, "HTML where XML was expected");
		return FALSE;
	}
	doc = jp_xml_read(body, len, "feed", &complaint, error);
	if (!doc)
		return FALSE;
	root = xmlDocGetRootElement(doc);
	ok = !complaint && root && jp_xml_is(root, "workzag-jobs");
	if (ok)
		read_positions(out, b, root);
	else
		g_set_error_literal(error, JP_ERROR, JP_ERROR_DATA,
		    complaint ? complaint : "the document is not of workzag-jobs");
	xmlFreeDoc(doc);
	return ok;
}

const jp_adapter jp_adapter_personio = {
    .kind = "personio",
    .summary = "Personio careers pages ({slug}.jobs.personio.de)",
    .accept = "application/xml, text/xml;q=0.9",
    .manners = {.pace = "jobs.personio.de"},
    .recognise = recognise,
    .token = canonical,
    .request = request,
    .parse = parse,
    .next_region = next_region,
};
