/*
 * Fuzzes the adapters: bytes in, a listing out, for every kind.  Oracle: what is refused has an
 * error in one clean line and was not called complete; every posting that comes out keeps the rules
 * of a normalised one; no id comes twice; the same bytes give the same listing.
 */
#include "board/internal.h"

#include <stdint.h>
#include <string.h>

#define NOW G_GINT64_CONSTANT(1790000000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* UTF-8 on one line, without control bytes. */
static void
check_line(const char *text, gsize max)
{
	g_assert_nonnull(text);
	g_assert_true(g_utf8_validate(text, -1, NULL));
	g_assert_cmpuint(strlen(text), <=, max);
	for (const char *p = text; *p; p++)
		g_assert_true((guchar)*p >= 0x20 && *p != 0x7f);
}

static void
check_posting(const jp_posting *p)
{
	check_line(p->external_id, JP_MAX_URL);
	g_assert_cmpuint(strlen(p->external_id), >, 0);
	check_line(p->title, JP_MAX_TITLE);
	g_assert_cmpuint(strlen(p->title), >, 0);
	check_line(p->company, JP_MAX_NAME);
	check_line(p->url, JP_MAX_URL);
	check_line(p->apply_url, JP_MAX_URL);
	g_assert_true(g_utf8_validate(p->description, -1, NULL));
	g_assert_cmpuint(strlen(p->description), <=, JP_MAX_DESCRIPTION);
	g_assert_null(p->description_html);
	g_assert_cmpint(p->salary_min, >=, 0);
	if (p->salary_max != 0)
		g_assert_cmpint(p->salary_min, <=, p->salary_max);
	g_assert_cmpuint(p->locations->len, <=, JP_MAX_LOCATIONS);
	for (guint i = 0; i < p->locations->len; i++)
		check_line(((jp_location *)p->locations->pdata[i])->text, JP_MAX_NAME);
}

/* The listing as JSON Lines; checks each posting on the way. */
static char *
render(const jp_listing *l)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GString) out = g_string_new(NULL);

	g_assert_cmpuint(l->postings->len, <=, JP_MAX_LISTING);
	for (guint i = 0; i < l->postings->len; i++) {
		jp_posting *p = l->postings->pdata[i];
		g_autoptr(cJSON) json = jp_posting_to_json(p);
		g_autofree char *line = jp_json_line(json);

		check_posting(p);
		g_assert_true(g_hash_table_add(seen, p->external_id));
		g_string_append_printf(out, "%s\n", line);
	}
	for (guint i = 0; i < l->problems->len; i++)
		g_string_append_printf(out, "%s\n", (const char *)l->problems->pdata[i]);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* NULL when refused. */
static char *
parse(const char *kind, const char *body, gsize len)
{
	g_autoptr(jp_listing) l = jp_listing_new();
	g_autoptr(GError) error = NULL;
	gboolean ok = jp_board_parse(l, kind, "acme", NULL, body, len, NOW, &error);

	g_assert_cmpint(ok, ==, error == NULL);
	if (ok && l->complete)
		g_assert_null(l->incomplete_why);
	if (ok)
		return render(l);
	g_assert_true(g_utf8_validate(error->message, -1, NULL));
	g_assert_null(strchr(error->message, '\n'));
	return NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const kinds[] = {"greenhouse", "lever", "ashby", "feed"};
	g_autoptr(jp_feed) xml = jp_feed_new(), json = jp_feed_new();
	g_autofree char *body = g_malloc(len + 1); /* as from http: NUL-terminated beyond its end */

	memcpy(body, data, len);
	body[len] = '\0';
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *once = parse(kinds[i], body, len);
		g_autofree char *twice = parse(kinds[i], body, len);

		g_assert_cmpstr(once, ==, twice);
	}
	/* nothing is a feed of both forms */
	g_assert_false(
	    jp_feedxml_parse(xml, body, len, NULL) && jp_feedjson_parse(json, body, len, NULL));
	return 0;
}
